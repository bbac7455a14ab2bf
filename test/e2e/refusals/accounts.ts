/** What contradicts the account's other annotations, other accounts, the Namespace, or the admin's settings. */
import { ARN, AUDIT, HUB } from '../roles.ts';
import { DEFAULT_NAMESPACES } from './defaults.ts';
import { FLUX, MISSING, SYNTAX, TYPED, WITHIN, type Refusal } from './refusal.ts';

const EKS_ROLE = 'eks.amazonaws.com/role-arn';
const CHINA = 'arn:aws-cn:iam::222222222222:role/orders';
const OTHER = 'arn:aws:iam::111111111111:role/irsa';
const NOT_ALLOWED =
  'Ask the owner of the namespace to add a pattern to its annotation rolechain.io/allowed-roles, or take the role out.';
const FLUX_ARN = 'an IAM role ARN, arn:aws:iam::<account id>:role/<name>';

/** Accounts of the namespace `tools` that rows name: their `eks.amazonaws.com/role-arn`, if any. */
export const TOOLS_ACCOUNTS: Readonly<Record<string, string | undefined>> = { plain: undefined, misspelt: 'irsa' };

/** Annotations of the rows' namespaces. */
export const NAMESPACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  shop: {},
  tools: {},
  tenant: { 'rolechain.io/allowed-roles': 'arn:aws:iam::222222222222:role/*' },
  locked: { 'rolechain.io/allowed-roles': '' },
  overgrown: { 'rolechain.io/allowed-roles': 'arn:aws:iam::222222222222:role/* '.repeat(101) },
  broken: { 'rolechain.io/allowed-roles': 'role/*' },
  small: { 'rolechain.io/sidecar-cpu-limit': 'much' },
  tight: {},
  ...DEFAULT_NAMESPACES,
};

/** LimitRanges by the namespace that has them. */
export const LIMIT_RANGES: Readonly<Record<string, object>> = {
  tight: { limits: [{ type: 'Container', max: { memory: '24Mi' } }] },
};

const otherAccount = (name: string): string => `{roleARN: "${ARN}", serviceAccount: {name: ${name}, namespace: tools}}`;

/** Flux's annotation alone is not seen by `/validate`, which is called for ours. */
const flux = (name: string, text: string, says: string): Refusal => ({
  name: `flux-${name}`,
  account: { [FLUX]: text },
  says,
  atPod: true,
});

export const ACCOUNTS: readonly Refusal[] = [
  {
    name: 'irsa-without-base-role',
    annotation: `{roleARN: "${ARN}", credentialSource: irsa}`,
    says: `credentialSource is irsa, but the account has no base role; annotate the account with ${EKS_ROLE} (FieldConflict)`,
  },
  {
    name: 'a-base-role-that-is-no-arn',
    annotation: ARN,
    account: { [EKS_ROLE]: 'irsa' },
    says: `${EKS_ROLE} is not an IAM role ARN; correct it, or set credentialSource: pod-identity (FieldOutOfRange)`,
  },
  {
    name: 'other-account-without-base-role',
    annotation: otherAccount('plain'),
    says: `serviceAccount names an account that has no base role; annotate that account with ${EKS_ROLE} (FieldConflict)`,
  },
  {
    name: 'other-account-with-a-wrong-base-role',
    annotation: otherAccount('misspelt'),
    says: `${EKS_ROLE} is not an IAM role ARN; correct it there (FieldOutOfRange)`,
  },
  {
    name: 'other-account-that-is-not-there',
    annotation: otherAccount('nobody'),
    says: 'serviceAccount is tools/nobody, which does not exist; create that account, or correct the name (FieldConflict)',
  },
  {
    name: 'no-region-for-the-partition',
    annotation: CHINA,
    says: "region is missing, and the webhook's Region eu-central-1 is of another partition than aws-cn; write a Region of that partition (FieldConflict)",
  },
  {
    name: 'base-role-of-another-partition',
    annotation: `{roleARN: "${CHINA}", region: cn-north-1}`,
    account: { [EKS_ROLE]: OTHER },
    says: 'roleARN is of partition aws-cn, but the base role is of aws; choose roles of one partition (FieldConflict)',
  },
  {
    name: 'cluster-without-a-name',
    installation: 'strict',
    annotation: `{roleARN: "${ARN}", sessionName: "{cluster}"}`,
    says: "sessionName names {cluster}, but the webhook's setting cluster is empty; leave {cluster} out, or ask the admin to set it (FieldConflict)",
  },
  {
    name: 'environment-in-another-namespace',
    namespace: 'tools',
    annotation: `{roleARN: "${ARN}", credentialSource: environment}`,
    reason: 'SourceForbidden',
    says: 'credentialSource: environment is not allowed in this namespace. Ask the admin to list the namespace in the setting environmentSource.namespaces, or use another credentialSource.',
  },
  {
    name: 'environment-turned-off',
    installation: 'strict',
    annotation: `{roleARN: "${ARN}", credentialSource: environment}`,
    reason: 'SourceForbidden',
    says: 'credentialSource: environment is not allowed in this namespace. Ask the admin to list the namespace in the setting environmentSource.namespaces, or use another credentialSource.',
  },
  {
    name: 'other-accounts-turned-off',
    installation: 'strict',
    annotation: otherAccount('other'),
    reason: 'ServiceAccountForbidden',
    says: 'The field serviceAccount is not allowed in this cluster. Ask the admin to turn on the setting otherServiceAccounts.',
  },
  {
    name: 'an-account-that-may-not-ask',
    installation: 'locked',
    annotation: ARN,
    reason: 'AccountForbidden',
    says: 'The admin does not let this ServiceAccount ask for roles. Ask the admin to list it in the setting allowedServiceAccounts, or take the annotation out.',
  },
  {
    name: 'locked-to-another-base',
    installation: 'locked',
    annotation: `{roleARN: "${ARN}", credentialSource: irsa}`,
    reason: 'CredentialSourceForbidden',
    says: 'The admin does not allow the base identity: credentialSource is irsa; the setting credentialSources allows pod-identity. Use an allowed credentialSource, or ask the admin to list it in the setting credentialSources.',
  },
  {
    name: 'locked-to-half-an-hour',
    installation: 'locked',
    annotation: `{roleARN: "${ARN}", via: [{roleARN: "${HUB}", duration: 45m}]}`,
    reason: 'DurationTooLong',
    says: 'A session would last longer than the admin allows: via.0.duration is 2700 s; the setting maxSessionDuration is 1800 s. Write a shorter duration, or ask the admin to raise the setting maxSessionDuration.',
  },
  {
    name: 'locked-to-a-tag',
    installation: 'locked',
    annotation: `{roleARN: "${ARN}", via: [{roleARN: "${HUB}", tags: {team: x}, transitiveTagKeys: [team]}]}`,
    reason: 'TagsImpossible',
    says: 'The session tags that the admin sets cannot be sent with the role: via passes on the tag "team", which forcedTags sets. Take out of the annotation what the message names, or ask the admin to change the settings defaultTags and forcedTags.',
  },
  {
    name: 'a-tag-of-a-cluster-without-a-name',
    installation: 'strict',
    annotation: `{roleARN: "${ARN}", tags: {where: "{cluster}"}}`,
    says: "tags.where names {cluster}, but the webhook's setting cluster is empty; leave {cluster} out, or ask the admin to set it (FieldConflict)",
  },
  {
    name: 'target-not-allowed',
    namespace: 'tenant',
    annotation: AUDIT,
    reason: 'RoleNotAllowed',
    says: `The namespace does not allow a role of the chain: ${AUDIT}; Namespace tenant allows arn:aws:iam::222222222222:role/*. ${NOT_ALLOWED}`,
  },
  {
    name: 'hop-not-allowed',
    namespace: 'tenant',
    annotation: `{roleARN: "${ARN}", via: [{roleARN: "${HUB}"}]}`,
    reason: 'RoleNotAllowed',
    says: `The namespace does not allow a role of the chain: ${HUB}; Namespace tenant allows arn:aws:iam::222222222222:role/*. ${NOT_ALLOWED}`,
  },
  {
    name: 'further-role-not-allowed',
    namespace: 'tenant',
    annotation: `{roleARN: "${ARN}", roles: {audit: {roleARN: "${AUDIT}"}}}`,
    reason: 'RoleNotAllowed',
    says: `The namespace does not allow a role of the chain: ${AUDIT}; Namespace tenant allows arn:aws:iam::222222222222:role/*. ${NOT_ALLOWED}`,
  },
  {
    name: 'nothing-allowed',
    namespace: 'locked',
    annotation: ARN,
    reason: 'RoleNotAllowed',
    says: `The namespace does not allow a role of the chain: ${ARN}; Namespace locked allows nothing. ${NOT_ALLOWED}`,
  },
  {
    name: 'more-patterns-than-are-read',
    namespace: 'overgrown',
    annotation: ARN,
    reason: 'AllowedRolesInvalid',
    says: "The Namespace's annotation rolechain.io/allowed-roles is invalid: rolechain.io/allowed-roles on the Namespace has more than 100 patterns, its limit; join some of them by a star (DocumentTooLarge). Ask the owner of the namespace to correct it.",
  },
  {
    name: 'no-patterns-where-they-are-required',
    installation: 'strict',
    annotation: ARN,
    reason: 'RoleNotAllowed',
    says: `The namespace does not allow a role of the chain: the setting allowedRolesPolicy is required, and Namespace shop has no rolechain.io/allowed-roles. ${NOT_ALLOWED}`,
  },
  {
    name: 'a-mistyped-annotation',
    account: { 'rolechain.io/asume-role': ARN },
    atAccount: true,
    reason: 'AnnotationUnknown',
    says: 'An annotation of the prefix rolechain.io/ is not known to this version: rolechain.io/asume-role is not an annotation of this version; did you mean rolechain.io/assume-role? (FieldUnknown). Correct its name, or remove it.',
  },
  {
    name: 'patterns-of-which-some-match-no-role',
    namespace: 'broken',
    annotation: ARN,
    reason: 'RoleNotAllowed',
    says: `The namespace does not allow a role of the chain: ${ARN}; Namespace broken allows role/*, of which some match no role: "role/*" has 1 of the 6 parts that colons separate; a pattern looks like arn:aws:iam::222222222222:role/team/*. ${NOT_ALLOWED}`,
  },
  {
    name: 'flux-beside-ours',
    annotation: ARN,
    account: { [FLUX]: `{roleARN: "${AUDIT}"}` },
    says: `${FLUX} stands beside rolechain.io/assume-role and asks for something else; leave one of the two annotations out (FieldConflict)`,
  },
  flux('without-a-role', '{useServiceAccount: true}', `roleARN ${MISSING}`),
  flux(
    'bare-arn',
    ARN,
    'it is not a map of fields; write a bare role ARN, or one `field: value` per line (DocumentWrongType)',
  ),
  flux('no-arn', '{roleARN: orders}', `roleARN is "orders", but takes ${FLUX_ARN}; ${WITHIN}`),
  flux('arn-list', '{roleARN: []}', `roleARN is a list, but takes ${FLUX_ARN}; ${TYPED}`),
  flux(
    'no-boolean',
    `{roleARN: "${ARN}", useServiceAccount: "yes"}`,
    `useServiceAccount is "yes", but takes true or false; ${TYPED}`,
  ),
  flux('merge-of-a-number', '{<<: 5}', `it is not valid YAML: a merge (<<) of something else than maps; ${SYNTAX}`),
];
