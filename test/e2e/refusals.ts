/** What is refused, and with which words: rows of the scenario tests. */
import { ARN, AUDIT, HUB } from './roles.ts';

/** What is refused: annotation of the account and the pod's own, and what the message says. */
export interface Refusal {
  readonly name: string;
  readonly annotation: string;
  readonly pod?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly message: RegExp;
  /** Known only once a pod comes: the ServiceAccount itself is accepted. */
  readonly atPod?: true;
}

export const REFUSALS: readonly Refusal[] = [
  {
    name: 'two-external-ids',
    annotation: `{roleARN: "${ARN}", externalID: abc, externalIDFrom: {secretKeyRef: {name: a, key: b}}}`,
    message: /externalIDFrom.*\(FieldConflict\)/,
  },
  { name: 'long-chained-session', annotation: `{roleARN: "${ARN}", duration: 2h}`, message: /duration.*3600 s/ },
  {
    name: 'six-hops',
    annotation: `{roleARN: "${ARN}", via: [${Array.from({ length: 6 }, () => `{roleARN: "${HUB}"}`).join(', ')}]}`,
    message: /via.*at most 5 hops/,
  },
  {
    name: 'an-inherited-tag',
    annotation: `{roleARN: "${ARN}", tags: {kubernetes-namespace: x}}`,
    message: /kubernetes-namespace/,
  },
  {
    name: 'tags-by-web-identity',
    annotation: `{roleARN: "${ARN}", webIdentity: only, tags: {a: b}}`,
    message: /tags contradicts webIdentity: only/,
  },
  {
    name: 'source-identity-by-web-identity',
    annotation: `{roleARN: "${ARN}", webIdentity: prefer, sourceIdentity: me}`,
    message: /sourceIdentity contradicts webIdentity: prefer/,
  },
  {
    name: 'reserved-role-name',
    annotation: `{roles: {default: {roleARN: "${ARN}"}}}`,
    message: /roles\.default.*other than default/,
  },
  {
    name: 'two-partitions',
    annotation: `{roleARN: "${ARN}", via: [{roleARN: "arn:aws-cn:iam::444444444444:role/hub"}]}`,
    message: /partition/,
  },
  {
    name: 'region-of-another-partition',
    annotation: `{roleARN: "${ARN}", stsRegion: cn-north-1}`,
    message: /partition/,
  },
  {
    name: 'irsa-without-base-role',
    annotation: `{roleARN: "${ARN}", credentialSource: irsa}`,
    message: /eks\.amazonaws\.com\/role-arn/,
  },
  {
    name: 'undeclared-role',
    annotation: ARN,
    pod: { 'rolechain.io/container-roles': 'app=audit' },
    message: /audit.*\[RoleUndeclared\]/,
    atPod: true,
  },
  {
    name: 'shared-process-namespace',
    annotation: `{roleARN: "${ARN}", roles: {audit: {roleARN: "${AUDIT}"}}}`,
    pod: { 'rolechain.io/container-roles': 'app=audit' },
    spec: {
      shareProcessNamespace: true,
      containers: [
        { name: 'app', image: 'a:1' },
        { name: 'other', image: 'a:1' },
      ],
    },
    message: /\[SharedProcessNamespace\]/,
    atPod: true,
  },
];
