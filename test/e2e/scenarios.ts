/** The scenario table: what a user writes, who the containers then are, and what STS is asked, in order. */
import type { KubeObject } from '../stage/manifests.ts';
import { REFUSALS } from './refusals.ts';
import { ARN, AUDIT, HUB } from './roles.ts';

/** Parameters of one call of STS, as the query protocol names them; `absent` must not be sent. */
export type Call = { readonly action: string; readonly absent?: readonly string[] } & Readonly<Record<string, unknown>>;

export interface Scenario {
  /** Also the name of the ServiceAccount. */
  readonly name: string;
  readonly annotation: string;
  /** Further annotations of the account, and annotations of the pod. */
  readonly account?: Readonly<Record<string, string>>;
  readonly pod?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Without a Pod Identity association. */
  readonly unassociated?: true;
  /** Containers of the pod; default one, `app`. */
  readonly containers?: readonly string[];
  /** Caller ARN by container; POD stands for the pod's name. */
  readonly callers: Readonly<Record<string, string>>;
  readonly calls: readonly Call[];
}

export const IRSA = 'arn:aws:iam::111111111111:role/irsa';
/** Trusts the base role, but no web identity. */
export const CHAIN_ONLY = 'arn:aws:iam::222222222222:role/chain-only';
/** Whose static keys stand in the Secret behind `credentialSource: environment`. */
export const USER = 'arn:aws:iam::111111111111:user/trying-out';
/** IRSA role of the ServiceAccount `other`. */
export const OTHER_ROLE = 'arn:aws:iam::111111111111:role/other';
export const SECRETS = { 'orders-aws': { 'external-id': 'from-a-secret-42' } };
const irsa = { 'eks.amazonaws.com/role-arn': IRSA };

const orders = (session: string): string => `arn:aws:sts::222222222222:assumed-role/orders/${session}`;
const audit = (session: string): string => `arn:aws:sts::333333333333:assumed-role/audit/${session}`;
const assume = (RoleArn: string, more: Readonly<Record<string, unknown>> = {}): Call => ({
  action: 'AssumeRole',
  RoleArn,
  ...more,
});
const hop = (number: number): string => `arn:aws:iam::55555555555${number}:role/hop${number}`;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'bare-arn',
    annotation: ARN,
    callers: { app: orders('shop.POD') },
    calls: [
      assume(ARN, { DurationSeconds: '3600', absent: ['ExternalId', 'Policy', 'SourceIdentity', 'Tags.member.1.Key'] }),
    ],
  },
  {
    name: 'external-id-and-duration',
    annotation: `{roleARN: "${ARN}", externalID: "x-1", duration: 45m}`,
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN, { ExternalId: 'x-1', DurationSeconds: '2700' })],
  },
  {
    name: 'external-id-from-a-secret',
    annotation: `{roleARN: "${ARN}", externalIDFrom: {secretKeyRef: {name: orders-aws, key: external-id}}}`,
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN, { ExternalId: 'from-a-secret-42' })],
  },
  {
    name: 'session-name',
    annotation: `{roleARN: "${ARN}", sessionName: "{cluster}@{serviceAccount}"}`,
    callers: { app: orders('prod@session-name') },
    calls: [assume(ARN, { RoleSessionName: 'prod@session-name' })],
  },
  {
    name: 'tags-and-policies',
    annotation: `
roleARN: ${ARN}
tags: {team: shop, cost: "42"}
transitiveTagKeys: [team]
policy: {Version: "2012-10-17", Statement: []}
policyARNs: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
sourceIdentity: orders-service`,
    callers: { app: orders('shop.POD') },
    calls: [
      assume(ARN, {
        'Tags.member.1.Key': 'team',
        'Tags.member.1.Value': 'shop',
        'Tags.member.2.Key': 'cost',
        'Tags.member.2.Value': '42',
        'TransitiveTagKeys.member.1': 'team',
        Policy: '{"Version":"2012-10-17","Statement":[]}',
        'PolicyArns.member.1.arn': 'arn:aws:iam::aws:policy/ReadOnlyAccess',
        SourceIdentity: 'orders-service',
      }),
    ],
  },
  {
    name: 'five-hops',
    annotation: `
roleARN: ${ARN}
externalID: last
via:
${[1, 2, 3, 4, 5].map((n) => `- {roleARN: "${hop(n)}", externalID: "hop-${n}", sessionName: "s${n}-{serviceAccount}"}`).join('\n')}`,
    callers: { app: orders('shop.POD') },
    calls: [
      ...[1, 2, 3, 4, 5].map((n) => assume(hop(n), { ExternalId: `hop-${n}`, RoleSessionName: `s${n}-five-hops` })),
      assume(ARN, { ExternalId: 'last' }),
    ],
  },
  {
    name: 'two-roles-one-hub',
    annotation: `
roleARN: ${ARN}
via: [{roleARN: "${HUB}"}]
roles:
  audit: {roleARN: "${AUDIT}", via: [{roleARN: "${HUB}"}]}`,
    pod: { 'rolechain.io/container-roles': 'exporter=audit' },
    containers: ['app', 'exporter'],
    callers: { app: orders('shop.POD'), exporter: audit('shop.POD') },
    // The hub once for both.
    calls: [assume(HUB), assume(ARN), assume(AUDIT)],
  },
  {
    name: 'a-role-that-nobody-holds',
    annotation: `{roleARN: "${ARN}", roles: {audit: {roleARN: "${AUDIT}"}}}`,
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'irsa',
    annotation: `{roleARN: "${ARN}", credentialSource: irsa}`,
    account: irsa,
    callers: { app: orders('shop.POD') },
    calls: [{ action: 'AssumeRoleWithWebIdentity', RoleArn: IRSA }, assume(ARN)],
  },
  {
    name: 'auto-with-a-base-role',
    annotation: ARN,
    account: irsa,
    callers: { app: orders('shop.POD') },
    calls: [{ action: 'AssumeRoleWithWebIdentity', RoleArn: IRSA }, assume(ARN)],
  },
  {
    name: 'pod-identity-beside-a-base-role',
    annotation: `{roleARN: "${ARN}", credentialSource: pod-identity}`,
    account: irsa,
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'web-identity-only',
    annotation: `{roleARN: "${ARN}", webIdentity: only, duration: 12h}`,
    callers: { app: orders('shop.POD') },
    calls: [{ action: 'AssumeRoleWithWebIdentity', RoleArn: ARN, DurationSeconds: '43200' }],
  },
  {
    name: 'web-identity-preferred',
    annotation: `{roleARN: "${ARN}", webIdentity: prefer}`,
    account: irsa,
    callers: { app: orders('shop.POD') },
    calls: [{ action: 'AssumeRoleWithWebIdentity', RoleArn: ARN }],
  },
  // The base role's partition is the agent's affair; what is shown here is that each partition's ARNs and Regions pass.
  ...[
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-iso', 'us-iso-east-1'],
    ['aws-iso-b', 'us-isob-east-1'],
    ['aws-eusc', 'eusc-de-east-1'],
  ].map(([partition = '', region = '']): Scenario => ({
    name: `partition-${partition}`,
    annotation: `{roleARN: "arn:${partition}:iam::222222222222:role/orders", region: ${region}}`,
    callers: { app: `arn:${partition}:sts::222222222222:assumed-role/orders/shop.POD` },
    calls: [assume(`arn:${partition}:iam::222222222222:role/orders`)],
  })),
  {
    name: 'startup-required-and-regions-apart',
    annotation: `{roleARN: "${ARN}", startup: require, region: us-west-2, stsRegion: eu-west-1}`,
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'auto-falls-back-to-irsa',
    annotation: ARN,
    account: irsa,
    labels: { 'eks.amazonaws.com/pod-identity': 'enabled' },
    unassociated: true,
    callers: { app: orders('shop.POD') },
    calls: [{ action: 'AssumeRoleWithWebIdentity', RoleArn: IRSA }, assume(ARN)],
  },
  {
    name: 'web-identity-falls-back',
    annotation: `{roleARN: "${CHAIN_ONLY}", webIdentity: prefer, credentialSource: irsa}`,
    account: irsa,
    callers: { app: 'arn:aws:sts::222222222222:assumed-role/chain-only/shop.POD' },
    calls: [
      { action: 'AssumeRoleWithWebIdentity', RoleArn: CHAIN_ONLY, answer: 'AccessDenied' },
      { action: 'AssumeRoleWithWebIdentity', RoleArn: IRSA },
      assume(CHAIN_ONLY),
    ],
  },
  {
    name: 'environment',
    annotation: `{roleARN: "${ARN}", credentialSource: environment}`,
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN, { callerArn: USER })],
  },
  {
    name: 'token-in-the-environment',
    annotation: ARN,
    pod: { 'rolechain.io/authorization-token': 'env' },
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'another-service-account',
    annotation: `{roleARN: "${ARN}", serviceAccount: {name: other, namespace: tools}}`,
    callers: { app: orders('shop.POD') },
    calls: [{ action: 'AssumeRoleWithWebIdentity', RoleArn: OTHER_ROLE }, assume(ARN)],
  },
];

/** The namespaces, accounts and rights of all rows, as a YAML stream. */
export function annotatedAccounts(): string {
  const objects = [
    ...['shop', 'tools'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'tenant', annotations: { 'rolechain.io/allowed-roles': `arn:aws:iam::222222222222:role/*` } },
    },
    account('inside', 'tenant', { 'rolechain.io/assume-role': ARN }),
    account('outside', 'tenant', { 'rolechain.io/assume-role': `{roleARN: "${ARN}", via: [{roleARN: "${HUB}"}]}` }),
    ...REFUSALS.map(({ name, annotation }) => account(name, 'shop', { 'rolechain.io/assume-role': annotation })),
    account('other', 'tools', { 'eks.amazonaws.com/role-arn': OTHER_ROLE }),
    ...SCENARIOS.map(({ name, annotation, account: others }) =>
      account(name, 'shop', { 'rolechain.io/assume-role': annotation, ...others }),
    ),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'token-of-other', namespace: 'tools' },
      rules: [{ apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: ['other'], verbs: ['create'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'token-of-other', namespace: 'tools' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'token-of-other' },
      subjects: [{ kind: 'ServiceAccount', name: 'another-service-account', namespace: 'shop' }],
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

function account(name: string, namespace: string, annotations: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, annotations } };
}

/**
 * The row's pod. A container that declares the sidecar's usual ports makes it move, so that this file's pods
 * and another's may run at the same time.
 */
export function podOfScenario({ name, pod: annotations, labels = {}, containers = ['app'] }: Scenario): KubeObject {
  const ports = [28_173, 28_174].map((containerPort) => ({ containerPort }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name}-`,
      namespace: 'shop',
      labels,
      annotations: { 'rolechain.io/skip-containers': 'ports', ...annotations },
    },
    spec: {
      serviceAccountName: name,
      containers: [...containers.map((c) => ({ name: c, image: 'app:1' })), { name: 'ports', image: 'app:1', ports }],
    },
  };
}
