/** Each field with a value of another type, and with one outside of its limits. */
import { ARN, HUB } from '../roles.ts';
import { MISSING, QUOTED, TYPED, WITHIN, type Refusal } from './refusal.ts';

const ROLE_ARN = 'an IAM role ARN of 20-2048 characters, arn:aws:iam::<12-digit account ID>:role/<name>';
const EXTERNAL_ID = 'text of 2-1224 characters of [A-Za-z0-9_+=,.@:/-] (digits alone in quotes)';
const SECRET = "a map with secretKeyRef {name, key} of a Secret of the pod's namespace";
const SESSION_NAME =
  'a template of [A-Za-z0-9_+=,.@-] and {namespace} {serviceAccount} {pod} {cluster}, at most 512 characters';
const DURATION =
  '900-3600 s, the limits of a chained session (to 43200 s with webIdentity: only), as 1h, 45m or seconds';
const REGION = 'the name of an AWS Region, such as eu-central-1';
const TAG =
  'keys of 1-128 and values of 0-256 letters, digits, spaces and _.:/=+-@ (numbers in quotes), in values also {namespace} {serviceAccount} {cluster}';
const TAGS = `a map of at most 50 tags with ${TAG}`;
const KEYS = 'a list of at most 50 keys of `tags`';
const POLICY = 'a policy as an object or as JSON text; with policyARNs at most 2048 characters together';
const POLICY_ARNS = 'a list of at most 10 ARNs of managed policies, arn:aws:iam::<account id or aws>:policy/<name>';
const SOURCE_IDENTITY = 'text of 2-64 characters of [A-Za-z0-9_+=,.@-]';
const SOURCES = 'one of auto, pod-identity, irsa, environment';
const ACCOUNT = 'a map of name, and namespace if it is another one';

const list = (length: number, item: (n: number) => string): string =>
  Array.from({ length }, (_, n) => item(n)).join(', ');

/** Name of the row, the field as it is written, and what is said of it. */
const ROWS: readonly (readonly [name: string, written: string, says: string])[] = [
  ['external-id-number', 'externalID: 123456', `externalID is not in order, but takes ${EXTERNAL_ID}; ${QUOTED}`],
  ['external-id-short', 'externalID: x', `externalID is not in order, but takes ${EXTERNAL_ID}; ${WITHIN}`],
  [
    'external-id-long',
    `externalID: ${'x'.repeat(1225)}`,
    `externalID is not in order, but takes ${EXTERNAL_ID}; ${WITHIN}`,
  ],
  ['external-id-space', 'externalID: "a b"', `externalID is not in order, but takes ${EXTERNAL_ID}; ${WITHIN}`],
  ['secret-text', 'externalIDFrom: orders-aws', `externalIDFrom is "orders-aws", but takes ${SECRET}; ${TYPED}`],
  ['secret-empty', 'externalIDFrom: {}', `externalIDFrom.secretKeyRef ${MISSING}`],
  ['secret-without-key', 'externalIDFrom: {secretKeyRef: {name: a}}', `externalIDFrom.secretKeyRef.key ${MISSING}`],
  [
    'secret-name',
    'externalIDFrom: {secretKeyRef: {name: Orders_AWS, key: id}}',
    `externalIDFrom.secretKeyRef.name is "Orders_AWS", but takes the name of a Secret of the namespace; ${WITHIN}`,
  ],
  [
    'secret-key',
    'externalIDFrom: {secretKeyRef: {name: a, key: a/b}}',
    `externalIDFrom.secretKeyRef.key is "a/b", but takes a key of the Secret; ${WITHIN}`,
  ],
  ['session-name-number', 'sessionName: 42', `sessionName is 42, but takes ${SESSION_NAME}; ${QUOTED}`],
  ['session-name-empty', 'sessionName: ""', `sessionName is "", but takes ${SESSION_NAME}; ${WITHIN}`],
  ['session-name-space', 'sessionName: "a b"', `sessionName is "a b", but takes ${SESSION_NAME}; ${WITHIN}`],
  [
    'session-name-placeholder',
    'sessionName: "{node}"',
    `sessionName is "{node}", but takes ${SESSION_NAME}; ${WITHIN}`,
  ],
  ['duration-word', 'duration: long', `duration is "long", but takes ${DURATION}; ${TYPED}`],
  ['duration-short', 'duration: 899', `duration is 899, but takes ${DURATION}; ${WITHIN}`],
  ['duration-over-all', 'duration: 13h', `duration is "13h", but takes ${DURATION}; ${WITHIN}`],
  ['region-list', 'region: [eu-west-1]', `region is a list, but takes ${REGION}; ${TYPED}`],
  ['region-words', 'region: Frankfurt', `region is "Frankfurt", but takes ${REGION}; ${WITHIN}`],
  ['sts-region-number', 'stsRegion: 1', `stsRegion is 1, but takes ${REGION}; ${QUOTED}`],
  [
    'sts-region-host',
    'stsRegion: sts.amazonaws.com',
    `stsRegion is "sts.amazonaws.com", but takes ${REGION}; ${WITHIN}`,
  ],
  ['tags-list', 'tags: [team]', `tags is a list, but takes ${TAGS}; ${TYPED}`],
  ['tag-number', 'tags: {cost: 42}', `tags.cost is 42, but takes ${TAG}; ${QUOTED}`],
  ['tag-character', 'tags: {cost: "4*2"}', `tags.cost is "4*2", but takes ${TAG}; ${WITHIN}`],
  ['tag-of-the-pod', 'tags: {pod: "{pod}"}', `tags.pod is "{pod}", but takes ${TAG}; ${WITHIN}`],
  ['tag-long', `tags: {cost: ${'x'.repeat(257)}}`, `tags.cost is "${'x'.repeat(76)}..., but takes ${TAG}; ${WITHIN}`],
  ['tag-key-long', `tags: {${'k'.repeat(129)}: x}`, `tags."${'k'.repeat(76)}... is "x", but takes ${TAG}; ${WITHIN}`],
  ['fifty-one-tags', `tags: {${list(51, (n) => `t${n}: x`)}}`, `tags is a map, but takes ${TAGS}; ${WITHIN}`],
  ['tag-keys-text', 'transitiveTagKeys: team', `transitiveTagKeys is "team", but takes ${KEYS}; ${TYPED}`],
  ['tag-keys-number', 'transitiveTagKeys: [1]', `transitiveTagKeys.0 is 1, but takes ${KEYS}; ${QUOTED}`],
  ['tag-keys-character', 'transitiveTagKeys: ["*"]', `transitiveTagKeys.0 is "*", but takes ${KEYS}; ${WITHIN}`],
  ['policy-list', 'policy: []', `policy is a list, but takes ${POLICY}; ${TYPED}`],
  ['policy-no-json', 'policy: Allow all', `policy is "Allow all", but takes ${POLICY}; ${TYPED}`],
  ['policy-long', `policy: {a: ${'x'.repeat(2048)}}`, `policy is a map, but takes ${POLICY}; ${WITHIN}`],
  ['policy-character', 'policy: {a: "€"}', `policy is a map, but takes ${POLICY}; ${WITHIN}`],
  [
    'policy-arns-text',
    'policyARNs: ReadOnlyAccess',
    `policyARNs is "ReadOnlyAccess", but takes ${POLICY_ARNS}; ${TYPED}`,
  ],
  ['policy-arns-number', 'policyARNs: [1]', `policyARNs.0 is 1, but takes ${POLICY_ARNS}; ${QUOTED}`],
  ['policy-arns-role', `policyARNs: ["${HUB}"]`, `policyARNs.0 is "${HUB}", but takes ${POLICY_ARNS}; ${WITHIN}`],
  [
    'policy-arns-eleven',
    `policyARNs: [${list(11, (n) => `"arn:aws:iam::aws:policy/P${n}"`)}]`,
    `policyARNs is a list, but takes ${POLICY_ARNS}; ${WITHIN}`,
  ],
  ['source-identity-number', 'sourceIdentity: 42', `sourceIdentity is 42, but takes ${SOURCE_IDENTITY}; ${QUOTED}`],
  ['source-identity-short', 'sourceIdentity: x', `sourceIdentity is "x", but takes ${SOURCE_IDENTITY}; ${WITHIN}`],
  [
    'source-identity-colon',
    'sourceIdentity: "a:b"',
    `sourceIdentity is "a:b", but takes ${SOURCE_IDENTITY}; ${WITHIN}`,
  ],
  ['source-of-the-node', 'credentialSource: node', `credentialSource is "node", but takes ${SOURCES}; ${TYPED}`],
  ['service-account-text', 'serviceAccount: other', `serviceAccount is "other", but takes ${ACCOUNT}; ${TYPED}`],
  ['service-account-nameless', 'serviceAccount: {namespace: tools}', `serviceAccount.name ${MISSING}`],
  [
    'service-account-capitals',
    'serviceAccount: {name: Other}',
    `serviceAccount.name is "Other", but takes the name of a ServiceAccount; ${WITHIN}`,
  ],
  [
    'service-account-namespace',
    'serviceAccount: {name: other, namespace: a.b}',
    `serviceAccount.namespace is "a.b", but takes the name of a Namespace; ${WITHIN}`,
  ],
  [
    'web-identity-yes',
    'webIdentity: always',
    `webIdentity is "always", but takes one of never, only, prefer; ${TYPED}`,
  ],
  ['startup-boolean', 'startup: true', `startup is true, but takes one of proceed, require; ${TYPED}`],
];

export const FIELD_VALUES: readonly Refusal[] = [
  { name: 'role-arn-map', annotation: '{roleARN: {}}', says: `roleARN is a map, but takes ${ROLE_ARN}; ${TYPED}` },
  { name: 'role-arn-short', annotation: 'orders', says: `roleARN is "orders", but takes ${ROLE_ARN}; ${WITHIN}` },
  {
    name: 'role-arn-of-a-user',
    annotation: 'arn:aws:iam::222222222222:user/orders',
    says: `roleARN is "arn:aws:iam::222222222222:user/orders", but takes ${ROLE_ARN}: its last part does not begin with role/; ${WITHIN}`,
  },
  {
    name: 'role-arn-of-eleven-digits',
    annotation: 'arn:aws:iam::22222222222:role/orders',
    says: `roleARN is "arn:aws:iam::22222222222:role/orders", but takes ${ROLE_ARN}: the account ID has 11 digits, not 12; ${WITHIN}`,
  },
  {
    name: 'role-arn-long',
    annotation: ARN.padEnd(2049, 'x'),
    says: `roleARN is "${ARN.padEnd(76, 'x')}..., but takes ${ROLE_ARN}: it has 2049 characters; ${WITHIN}`,
  },
  ...ROWS.map(([name, written, says]) => ({ name, annotation: `{roleARN: "${ARN}", ${written}}`, says })),
  // The same limits hold in a hop and in a role of `roles`, and every problem is told at once.
  {
    name: 'problems-all-over',
    annotation: `{roleARN: "${ARN}", duration: 1, via: [{roleARN: "${HUB}", externalID: x}], roles: {audit: {roleARN: "${ARN}", startup: no}}}`,
    says:
      `duration is 1, but takes ${DURATION}; ${WITHIN}. ` +
      `via.0.externalID is not in order, but takes ${EXTERNAL_ID}; ${WITHIN}. ` +
      `roles.audit.startup is "no", but takes one of proceed, require; ${TYPED}`,
  },
];
