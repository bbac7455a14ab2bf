/** AdmissionReviews in the form in which kube-apiserver sends them, made from the corpora's pods. */
import { distinctPods, eksPods, psaFixtures } from '@rolechain/kit/corpora/load.ts';
import type { Container, PodObject } from '@rolechain/kit/pod.ts';
import { decide } from '@rolechain/webhook';
import { SETTINGS } from '@rolechain/webhook/testing';

export const SPACE = 'shop';
export const ANNOTATED = 'orders';
export const PLAIN = 'plain';
export const ROLE = 'arn:aws:iam::222222222222:role/orders';

/** What the benchmark itself reads of one. */
export interface Review {
  readonly request: { readonly object: PodObject };
}

/** `count` reviews, every other one of the annotated account, both accounts with the same pods: all are allowed. */
export function makeReviews(count: number): string[] {
  const account = { namespace: SPACE, name: ANNOTATED, annotations: { 'rolechain.io/assume-role': ROLE } };
  const surroundings = { others: new Map(), allowedRoles: undefined, namespaceAnnotations: {} };
  const pods = [...eksPods(), ...distinctPods(psaFixtures())]
    .map(({ pod }) => pod)
    .filter((pod) => decide(defaulted(pod, ANNOTATED), account, SETTINGS, surroundings).outcome === 'injected');
  // Spread over all of the corpora: neighbours are alike.
  const step = Math.max(1, Math.floor((pods.length * 2) / count));
  return Array.from({ length: count }, (_, index) => {
    const pod = pods[(Math.floor(index / 2) * step) % pods.length];
    if (pod === undefined) throw new Error('no pod of the corpora is injected');
    return JSON.stringify(review(defaulted(pod, index % 2 === 0 ? ANNOTATED : PLAIN), index));
  });
}

const TOKEN = { name: 'kube-api-access-x7k2p', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' };

/** With what kube-apiserver has set when it calls webhooks: defaults, ServiceAccount admission, managed fields. */
function defaulted(pod: PodObject, serviceAccountName: string): PodObject {
  const { containers, initContainers, volumes = [], ...spec } = pod.spec;
  const filled = (list: readonly Container[]): Container[] => list.map(container);
  const fields = { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } }, 'f:spec': FIELDS };
  const entry = { apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: fields, manager: 'kube-controller-manager' };
  const managedFields = [{ ...entry, operation: 'Update', time: '2026-01-01T00:00:00Z' }];
  return {
    ...pod,
    metadata: { ...pod.metadata, namespace: SPACE, managedFields },
    spec: {
      ...DEFAULTS,
      ...spec,
      containers: filled(containers),
      ...(initContainers && { initContainers: filled(initContainers) }),
      volumes: [...volumes, { name: TOKEN.name, projected: { defaultMode: 420, sources: SOURCES } }],
      ...{ serviceAccountName, serviceAccount: serviceAccountName },
    },
  };
}

function container(given: Container): Container {
  const volumeMounts = [...(given.volumeMounts ?? []), { ...TOKEN, readOnly: true }];
  const termination = { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' };
  return { resources: {}, imagePullPolicy: 'IfNotPresent', ...termination, ...given, volumeMounts };
}

const FIELDS = {
  'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:image': {}, 'f:imagePullPolicy': {}, 'f:name': {} } },
  ...{ 'f:dnsPolicy': {}, 'f:restartPolicy': {}, 'f:schedulerName': {}, 'f:terminationGracePeriodSeconds': {} },
};
const tolerated = (what: string): object => {
  return { key: `node.kubernetes.io/${what}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
};
const DEFAULTS = {
  ...{ restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', securityContext: {} },
  ...{ schedulerName: 'default-scheduler', enableServiceLinks: true, preemptionPolicy: 'PreemptLowerPriority' },
  tolerations: [tolerated('not-ready'), tolerated('unreachable')],
};
const SOURCES = [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
];

function review(object: PodObject, index: number): object {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const resource = { group: '', version: 'v1', resource: 'pods' };
  const userInfo = { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: ['system:masters'] };
  const uid = `705ab4f5-6393-11e8-b7cc-${String(index).padStart(12, '0')}`;
  const about = { uid, kind, resource, requestKind: kind, requestResource: resource };
  const how = { operation: 'CREATE', userInfo, oldObject: null, dryRun: false };
  const options = { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' };
  const request = { ...about, name: object.metadata.name, namespace: SPACE, ...how, object, options };
  return { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', request };
}
