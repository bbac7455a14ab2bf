/** ServiceAccounts as clusters have them: what kubectl, Helm and controllers leave on them. */
import { ANNOTATIONS } from '@rolechain/shared';

/** Accounts to a namespace. */
export const PER_NAMESPACE = 20;
/** Every so many carry our annotation. */
const ANNOTATED_EVERY = 10;
/** Every so many of the others carry the EKS webhook's. */
const EKS_EVERY = 7;

export interface SeededAccount {
  readonly apiVersion: 'v1';
  readonly kind: 'ServiceAccount';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly annotations: Readonly<Record<string, string>>;
  } & Readonly<Record<string, unknown>>;
}

export const namespaceOf = (index: number): string => `team-${Math.floor(index / PER_NAMESPACE)}`;
export const roleOf = (index: number): string => `arn:aws:iam::222222222222:role/seeded-${index}`;
export const isAnnotated = (index: number): boolean => index % ANNOTATED_EVERY === 0;

/** The account of this index: always the same one. */
export function seededAccount(index: number): SeededAccount {
  const [name, namespace] = [`workload-${index}`, namespaceOf(index)];
  const labels = {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/instance': namespace,
    'app.kubernetes.io/managed-by': 'Helm',
    'helm.sh/chart': 'workload-1.4.2',
  };
  const annotations = annotationsOf(index, namespace);
  const fields = { 'f:metadata': { 'f:annotations': fieldsOf(annotations), 'f:labels': fieldsOf(labels) } };
  const entry = { manager: 'helm', operation: 'Update', apiVersion: 'v1', time: TIME, fieldsType: 'FieldsV1' };
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      ...{ name, namespace, uid: uidOf(index), creationTimestamp: TIME, labels, annotations },
      managedFields: [{ ...entry, fieldsV1: fields }],
    },
    ...(index % 3 === 0 && { imagePullSecrets: [{ name: 'registry' }] }),
  };
}

const TIME = '2026-01-01T00:00:00Z';
const uidOf = (index: number): string => `6f1f2b7c-51f0-4d3a-9a53-${index.toString(16).padStart(12, '0')}`;

function annotationsOf(index: number, namespace: string): Record<string, string> {
  return {
    'meta.helm.sh/release-name': 'workload',
    'meta.helm.sh/release-namespace': namespace,
    ...(isAnnotated(index)
      ? { [ANNOTATIONS.assumeRole.key]: roleOf(index) }
      : index % EKS_EVERY === 0 && { 'eks.amazonaws.com/role-arn': roleOf(index) }),
  };
}

function fieldsOf(map: Readonly<Record<string, string>>): Record<string, object> {
  return Object.fromEntries(['.', ...Object.keys(map).map((key) => `f:${key}`)].map((key) => [key, {}]));
}
