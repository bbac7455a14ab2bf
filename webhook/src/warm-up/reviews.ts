/** Reviews as kube-apiserver sends them most: of pods that a controller makes, with what defaults and ServiceAccount admission add. Pure. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { ServiceAccount } from '../objects/service-account.ts';

const NAMESPACE = 'warm-up';
const [ASKS, ASKS_NOT] = ['asks', 'asks-not'];

export const ACCOUNTS: readonly ServiceAccount[] = [
  {
    ...{ namespace: NAMESPACE, name: ASKS },
    annotations: { [ANNOTATIONS.assumeRole.key]: 'arn:aws:iam::111122223333:role/warm-up' },
  },
  { namespace: NAMESPACE, name: ASKS_NOT, annotations: {} },
];

/**
 * How many pods. V8 optimises code for the shapes of objects that it has seen, and throws it away where another one comes: after
 * as many different ones as these it expects any.
 */
const PODS = 48;

/** Bodies, in turn of an account that asks for a role and of one that does not. No two pods have the same fields. */
export function makeReviews(): string[] {
  return Array.from({ length: PODS }, (_, index) =>
    [ASKS, ASKS_NOT].map((account) => JSON.stringify(review(pod(account, index), `${account}-${index}`))),
  ).flat();
}

type Fields = Readonly<Record<string, unknown>>;

/** Of the optional fields some, by the pod's number: each with each other, and none in all of the pods. */
function some(index: number, options: readonly Fields[]): Fields {
  const chosen = options.filter((_, option) => (index * (2 * option + 3) + option) % 7 < 3);
  return Object.assign({}, ...chosen) as Fields;
}

const TOKEN = 'kube-api-access-x7k2p';
const TOKEN_MOUNT = { name: TOKEN, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };
const SECURITY = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };

const probe = (path: string): Fields => ({
  httpGet: { path, port: 'http', scheme: 'HTTP' },
  ...{ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
});

const ENV = [
  { name: 'LOG_LEVEL', value: 'info' },
  { name: 'EMPTY' },
  { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
  { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'app', key: 'password' } } },
  { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'app', key: 'mode', optional: true } } },
];

function container(name: string, index: number): Fields {
  const mounts = index % 3 === 0 ? [] : [{ name: 'config', mountPath: '/etc/app', ...some(index, MOUNT_OPTIONS) }];
  return {
    ...{ name, image: `registry.example/${name}:1.2.3` },
    ...some(index, CONTAINER_OPTIONS),
    env: index % 5 === 0 ? undefined : ENV.slice(index % 3, 1 + (index % 6)),
    ...{ resources: some(index, RESOURCES), volumeMounts: [...mounts, TOKEN_MOUNT] },
    ...{ terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
    imagePullPolicy: 'IfNotPresent',
  };
}

const MOUNT_OPTIONS = [{ readOnly: true }, { subPath: 'app' }];
const RESOURCES = [{ limits: { memory: '512Mi' } }, { requests: { cpu: '250m', memory: '256Mi' } }];
const CONTAINER_OPTIONS: readonly Fields[] = [
  { command: ['/app'] },
  { args: ['--verbose'] },
  { workingDir: '/srv' },
  { ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] },
  { envFrom: [{ configMapRef: { name: 'app' } }] },
  { livenessProbe: probe('/healthz') },
  { readinessProbe: probe('/readyz') },
  { startupProbe: { exec: { command: ['/started'] }, periodSeconds: 1 } },
  { lifecycle: { preStop: { exec: { command: ['sleep', '5'] } } } },
  { securityContext: SECURITY },
  { securityContext: { ...SECURITY, runAsNonRoot: true, readOnlyRootFilesystem: true } },
];

const toleration = (what: string): Fields => {
  return { key: `node.kubernetes.io/${what}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
};
const TOLERATIONS = [toleration('not-ready'), toleration('unreachable')];
const EXPRESSION = { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] };
const NODES = {
  requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [EXPRESSION] }] },
};
const POD_OPTIONS: readonly Fields[] = [
  { nodeSelector: { 'kubernetes.io/os': 'linux' } },
  { tolerations: TOLERATIONS },
  { affinity: { nodeAffinity: NODES } },
  { imagePullSecrets: [{ name: 'registry' }] },
  { securityContext: { runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } } },
  { automountServiceAccountToken: true },
  { shareProcessNamespace: false },
  { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
  { priority: 0, preemptionPolicy: 'PreemptLowerPriority' },
  { hostname: 'app', subdomain: 'app' },
];

/** Beside the proxy, which is a sidecar itself. */
const INIT: readonly ((index: number) => readonly Fields[])[] = [
  () => [],
  (index) => [container('migrate', index + 1)],
  (index) => [{ ...container('proxy', index + 2), restartPolicy: 'Always' }],
  (index) => [{ ...container('proxy', index + 3), restartPolicy: 'Always' }, container('migrate', index)],
];
const VOLUMES: readonly Fields[] = [
  { configMap: { name: 'app', defaultMode: 420 } },
  { secret: { secretName: 'app', optional: true } },
  { emptyDir: {} },
  { persistentVolumeClaim: { claimName: 'data' } },
];
const OWNERS = ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'];

function pod(account: string, index: number): Fields {
  const initContainers = INIT[index % INIT.length]?.(index) ?? [];
  const others = ['worker', 'metrics'].slice(0, index % 3);
  return {
    ...{ kind: 'Pod', apiVersion: 'v1' },
    metadata: {
      ...(index % 4 === 1 ? { name: `app-${index}` } : { generateName: 'app-5d4f8c7b9-' }),
      ...{ namespace: NAMESPACE, creationTimestamp: null },
      labels: { app: 'app', ...some(index, METADATA.labels) },
      ...(index % 2 === 0 ? {} : { annotations: some(index, METADATA.annotations) }),
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: OWNERS[index % OWNERS.length],
          name: 'app-5d4f8c7b9',
          uid: 'x',
          controller: true,
        },
      ],
      managedFields: [{ manager: 'kube-controller-manager', operation: 'Update', apiVersion: 'v1', fieldsV1: FIELDS }],
    },
    spec: {
      volumes: [
        { name: 'config', ...VOLUMES[index % VOLUMES.length] },
        { name: TOKEN, projected: { sources: SOURCES, defaultMode: 420 } },
      ],
      ...(initContainers.length > 0 ? { initContainers } : {}),
      containers: ['app', ...others].map((name, at) => container(name, index + 5 * at)),
      ...{ restartPolicy: index % 4 === 3 ? 'OnFailure' : 'Always', terminationGracePeriodSeconds: 30 },
      ...{ dnsPolicy: 'ClusterFirst', serviceAccountName: account, serviceAccount: account, securityContext: {} },
      ...{ schedulerName: 'default-scheduler', enableServiceLinks: true },
      ...some(index, POD_OPTIONS),
    },
    status: {},
  };
}

const METADATA = {
  labels: [{ 'pod-template-hash': '5d4f8c7b9' }, { 'app.kubernetes.io/instance': 'app' }, { tier: 'web' }],
  annotations: [
    { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' },
    { 'prometheus.io/scrape': 'true' },
    { 'checksum/config': '0123456789abcdef' },
  ],
};
const FIELDS = { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } }, 'f:spec': { 'f:containers': {} } };
const SOURCES = [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
];

function review(object: Fields, uid: string): Fields {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  return {
    ...{ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' },
    request: {
      ...{ uid, kind, resource, requestKind: kind, requestResource: resource },
      ...{ namespace: NAMESPACE, operation: 'CREATE', object, oldObject: null, dryRun: false },
      userInfo: {
        username: 'system:serviceaccount:kube-system:replicaset-controller',
        groups: ['system:authenticated'],
      },
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    },
  };
}
