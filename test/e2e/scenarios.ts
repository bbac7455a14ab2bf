/** The scenario table: what a user writes, who the containers then are, and what STS is asked, in order. */
import { FLUX } from './refusals/refusal.ts';
import { ARN, AUDIT, CHAIN_ONLY, HUB, IRSA, OTHER_ROLE, USER, WITH_IRSA, audit, orders } from './roles.ts';
import { assume, byWebIdentity, type Scenario } from './scenario.ts';

/** What `externalIDFrom` names. */
export const SECRETS = { 'orders-aws': { 'external-id': 'from-a-secret-42' } };
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
    // The hub once for both, and before either.
    calls: [
      assume(HUB),
      ...[ARN, AUDIT].map((arn) => assume(arn, { callerArn: expect.stringMatching(/:assumed-role\/hub\//) as string })),
    ],
    sideBySide: true,
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
    account: WITH_IRSA,
    callers: { app: orders('shop.POD') },
    calls: [byWebIdentity(IRSA), assume(ARN)],
  },
  {
    name: 'auto-with-a-base-role',
    annotation: ARN,
    account: WITH_IRSA,
    callers: { app: orders('shop.POD') },
    calls: [byWebIdentity(IRSA), assume(ARN)],
  },
  {
    name: 'pod-identity-beside-a-base-role',
    annotation: `{roleARN: "${ARN}", credentialSource: pod-identity}`,
    account: WITH_IRSA,
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'web-identity-only',
    annotation: `{roleARN: "${ARN}", webIdentity: only, duration: 12h}`,
    callers: { app: orders('shop.POD') },
    calls: [byWebIdentity(ARN, { DurationSeconds: '43200' })],
  },
  {
    name: 'web-identity-preferred',
    annotation: `{roleARN: "${ARN}", webIdentity: prefer}`,
    account: WITH_IRSA,
    callers: { app: orders('shop.POD') },
    calls: [byWebIdentity(ARN)],
  },
  {
    name: 'startup-required',
    annotation: `{roleARN: "${ARN}", startup: require}`,
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'auto-falls-back-to-irsa',
    annotation: ARN,
    account: WITH_IRSA,
    labels: { 'eks.amazonaws.com/pod-identity': 'enabled' },
    unassociated: true,
    callers: { app: orders('shop.POD') },
    calls: [byWebIdentity(IRSA), assume(ARN)],
  },
  {
    name: 'web-identity-falls-back',
    annotation: `{roleARN: "${CHAIN_ONLY}", webIdentity: prefer, credentialSource: irsa}`,
    account: WITH_IRSA,
    callers: { app: 'arn:aws:sts::222222222222:assumed-role/chain-only/shop.POD' },
    calls: [byWebIdentity(CHAIN_ONLY, { answer: 'AccessDenied' }), byWebIdentity(IRSA), assume(CHAIN_ONLY)],
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
    calls: [byWebIdentity(OTHER_ROLE), assume(ARN)],
  },
  {
    name: 'two-roles-in-one-container',
    annotation: `{roleARN: "${ARN}", roles: {audit: {roleARN: "${AUDIT}"}}}`,
    pod: { 'rolechain.io/container-roles': 'app=audit+default' },
    // The first is that of its environment.
    callers: { app: audit('shop.POD') },
    calls: [assume(ARN), assume(AUDIT)],
    sideBySide: true,
  },
  {
    name: 'a-skipped-container',
    annotation: ARN,
    pod: { 'rolechain.io/skip-containers': 'ports,plain' },
    containers: ['app', 'plain'],
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'a-role-for-the-others-and-none-for-one',
    annotation: `{roleARN: "${ARN}", roles: {audit: {roleARN: "${AUDIT}"}}}`,
    pod: { 'rolechain.io/container-roles': 'plain=none,*=audit' },
    containers: ['app', 'plain'],
    callers: { app: audit('shop.POD') },
    calls: [assume(AUDIT)],
  },
  {
    name: 'roles-without-a-default',
    annotation: `{roles: {audit: {roleARN: "${AUDIT}"}}}`,
    pod: { 'rolechain.io/container-roles': 'app=audit' },
    containers: ['app', 'plain'],
    callers: { app: audit('shop.POD') },
    calls: [assume(AUDIT)],
  },
  {
    name: 'allowed-in-its-namespace',
    namespace: 'tenant',
    annotation: ARN,
    callers: { app: orders('tenant.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'flux-alias',
    account: { [FLUX]: `{rolearn: "${ARN}"}` },
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
  {
    name: 'flux-alias-by-irsa',
    account: { [FLUX]: `{roleARN: "${ARN}", useServiceAccount: true}`, ...WITH_IRSA },
    callers: { app: orders('shop.POD') },
    calls: [byWebIdentity(IRSA), assume(ARN)],
  },
  {
    name: 'every-field-of-a-hop',
    annotation: `
roleARN: ${ARN}
via:
- roleARN: ${HUB}
  externalIDFrom: {secretKeyRef: {name: orders-aws, key: external-id}}
  sessionName: hub-{pod}
  duration: 15m
  stsRegion: eu-west-1
  tags: {team: shop}
  transitiveTagKeys: [team]
  policy: '{"Version": "2012-10-17", "Statement": []}'
  policyARNs: ["arn:aws:iam::444444444444:policy/hub"]`,
    callers: { app: orders('shop.POD') },
    calls: [
      assume(HUB, {
        ExternalId: 'from-a-secret-42',
        RoleSessionName: expect.stringMatching(/^hub-every-field-of-a-hop-/),
        DurationSeconds: '900',
        'Tags.member.1.Key': 'team',
        'Tags.member.1.Value': 'shop',
        'TransitiveTagKeys.member.1': 'team',
        Policy: '{"Version": "2012-10-17", "Statement": []}',
        'PolicyArns.member.1.arn': 'arn:aws:iam::444444444444:policy/hub',
      }),
      assume(ARN, { DurationSeconds: '3600', absent: ['ExternalId', 'Policy', 'Tags.member.1.Key'] }),
    ],
  },
  {
    name: 'resources-of-the-sidecar',
    annotation: ARN,
    pod: {
      'rolechain.io/sidecar-cpu-request': '20m',
      'rolechain.io/sidecar-cpu-limit': '200m',
      'rolechain.io/sidecar-memory-request': '48Mi',
      'rolechain.io/sidecar-memory-limit': '96Mi',
      'rolechain.io/sidecar-ephemeral-storage-request': '10Mi',
      'rolechain.io/sidecar-ephemeral-storage-limit': '100Mi',
    },
    resources: {
      requests: { cpu: '20m', memory: '48Mi', 'ephemeral-storage': '10Mi' },
      limits: { cpu: '200m', memory: '96Mi', 'ephemeral-storage': '100Mi' },
    },
    callers: { app: orders('shop.POD') },
    calls: [assume(ARN)],
  },
];
