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

/** Bodies, in turn of an account that asks for a role and of one that does not. */
export function makeReviews(): string[] {
  const pods = [small, large, small, sidecars];
  return pods.flatMap((pod, index) =>
    [ASKS, ASKS_NOT].map((account) => JSON.stringify(review(pod(account), `${account}-${index}`))),
  );
}

type Fields = Readonly<Record<string, unknown>>;

const TOKEN = 'kube-api-access-x7k2p';
const mounts = (...more: readonly object[]): Fields => ({
  volumeMounts: [...more, { name: TOKEN, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }],
});

function container(name: string, more: Fields = mounts()): Fields {
  return {
    ...{ name, image: `registry.example/${name}:1.2.3`, resources: {} },
    ...{ terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
    ...{ imagePullPolicy: 'IfNotPresent', ...more },
  };
}

const small = (account: string): Fields => pod(account, { containers: [container('app')] });

const large = (account: string): Fields =>
  pod(account, {
    initContainers: [container('migrate', { command: ['/migrate'], args: ['up'], ...mounts() })],
    containers: [
      container('app', {
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        env: [
          { name: 'LOG_LEVEL', value: 'info' },
          { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'app', key: 'password' } } },
        ],
        resources: { limits: { memory: '512Mi' }, requests: { cpu: '250m', memory: '256Mi' } },
        livenessProbe: probe('/healthz'),
        readinessProbe: probe('/readyz'),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        ...mounts({ name: 'config', mountPath: '/etc/app' }),
      }),
      container('metrics', { envFrom: [{ configMapRef: { name: 'metrics' } }], ...mounts() }),
    ],
    volumes: [{ name: 'config', configMap: { name: 'app', defaultMode: 420 } }],
  });

const sidecars = (account: string): Fields =>
  pod(account, {
    initContainers: [container('proxy', { restartPolicy: 'Always', ...mounts() })],
    containers: [container('app'), container('worker')],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
  });

const probe = (path: string): Fields => ({
  httpGet: { path, port: 'http', scheme: 'HTTP' },
  ...{ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
});

function pod(account: string, { volumes = [], ...spec }: Fields & { readonly volumes?: readonly object[] }): Fields {
  return {
    ...{ kind: 'Pod', apiVersion: 'v1' },
    metadata: {
      ...{ generateName: 'app-5d4f8c7b9-', namespace: NAMESPACE, creationTimestamp: null },
      labels: { app: 'app', 'pod-template-hash': '5d4f8c7b9' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app-5d4f8c7b9', controller: true }],
    },
    spec: {
      volumes: [...volumes, { name: TOKEN, projected: { sources: SOURCES, defaultMode: 420 } }],
      ...{ restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst' },
      ...{ serviceAccountName: account, serviceAccount: account, securityContext: {} },
      ...{ schedulerName: 'default-scheduler', priority: 0, enableServiceLinks: true },
      ...{ preemptionPolicy: 'PreemptLowerPriority', ...spec },
    },
    status: {},
  };
}

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
