/**
 * A model of Istio's injector, written from what its source does (istio/istio pkg/kube/inject, webhook.go: reorderPod,
 * applyRewrite; app_probe.go): at each call it merges its own containers in by name, moves them to their places, and
 * leads HTTP, TCP and gRPC probes of all other containers through its own port. Only for tests.
 */
import { allContainers, type Draft, type DraftContainer, type DraftPod, type Volume } from '@rolechain/kit/pod.ts';
import { fieldVariable, merge, move } from '@rolechain/kit/models/shared.ts';

export interface IstioOptions {
  /** istio-proxy as a native sidecar, else as an ordinary container. */
  readonly native: boolean;
  /** With the CNI plugin there is istio-validation in the place of istio-init. */
  readonly cni: boolean;
}

const PROXY = 'istio-proxy';
const STATUS = 'sidecar.istio.io/status';
const PROBERS = 'ISTIO_KUBE_APP_PROBERS';
const STATUS_PORT = 15_020;
const IMAGE = 'registry.example/istio/proxyv2:1.28';

type Json = Record<string, unknown>;

/** The pod as the injector leaves it; the input stays as it is. */
export function istioMutate(pod: DraftPod, options: IstioOptions): DraftPod {
  const next = structuredClone(pod);
  const { metadata, spec } = next;
  spec.volumes = merge(spec.volumes, VOLUMES, 'name');
  const probers = { ...earlierProbers(pod), ...rewriteProbes(next) };
  const proxy = proxyContainer(pod, options, probers);
  spec.initContainers = mergeContainer(spec.initContainers ?? [], setupContainer(options));
  if (options.native) spec.initContainers = mergeContainer(spec.initContainers, { ...proxy, restartPolicy: 'Always' });
  else spec.containers = mergeContainer(spec.containers, proxy);
  reorder(next, options);
  metadata.annotations = {
    ...metadata.annotations,
    [STATUS]: JSON.stringify({ initContainers: [setupContainer(options).name], containers: [PROXY] }),
  };
  metadata.labels = { ...metadata.labels, 'security.istio.io/tlsMode': 'istio' };
  return next;
}

/**
 * Native: set-up, proxy, rest. Classic: validation must be first, to hold up all others, and istio-init last, or the
 * init containers before it had no network; the proxy stands behind the user's own containers.
 */
function reorder({ spec }: DraftPod, { native }: IstioOptions): void {
  const inits = spec.initContainers ?? [];
  if (native) {
    spec.initContainers = ['istio-proxy', 'istio-validation', 'istio-init'].reduce(
      (list, name) => move(list, name, 'first'),
      inits,
    );
  } else {
    spec.initContainers = move(move(inits, 'istio-validation', 'first'), 'istio-init', 'last');
    spec.containers = move(spec.containers, PROXY, 'last');
  }
}

/** A strategic merge by name: variables and mounts that somebody added to the container survive. */
function mergeContainer(list: readonly DraftContainer[], container: DraftContainer): DraftContainer[] {
  const old = list.find(({ name }) => name === container.name);
  if (!old) return [...list, container];
  const env = merge(old.env, container.env ?? [], 'name');
  const volumeMounts = merge(old.volumeMounts, container.volumeMounts ?? [], 'mountPath');
  return merge(list, [{ ...old, ...container, env, volumeMounts }], 'name');
}

function setupContainer({ cni }: IstioOptions): DraftContainer {
  const args = cni ? ['istio-iptables', '--run-validation', '--skip-rule-apply'] : ['istio-iptables', '-p', '15001'];
  return { name: cni ? 'istio-validation' : 'istio-init', image: IMAGE, args };
}

function proxyContainer(pod: DraftPod, { native }: IstioOptions, probers: Json): DraftContainer {
  const probe = { httpGet: { path: '/healthz/ready', port: 15_021 }, periodSeconds: 15 };
  const apps = pod.spec.containers.filter(({ name }) => name !== PROXY);
  const ports = apps.flatMap((container) => (container.ports ?? []) as Json[]);
  const sorted = Object.fromEntries(Object.entries(probers).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    name: PROXY,
    image: IMAGE,
    args: ['proxy', 'sidecar'],
    ports: [{ containerPort: 15_090, name: 'http-envoy-prom', protocol: 'TCP' }],
    env: [
      fieldVariable('POD_NAME', 'metadata.name'),
      fieldVariable('INSTANCE_IP', 'status.podIP'),
      { name: 'ISTIO_META_APP_CONTAINERS', value: apps.map(({ name }) => name).join(',') },
      { name: 'ISTIO_META_POD_PORTS', value: JSON.stringify(ports) },
      ...(Object.keys(sorted).length > 0 ? [{ name: PROBERS, value: JSON.stringify(sorted) }] : []),
    ],
    volumeMounts: [
      { name: 'istiod-ca-cert', mountPath: '/var/run/secrets/istio' },
      { name: 'istio-envoy', mountPath: '/etc/istio/proxy' },
      { name: 'istio-token', mountPath: '/var/run/secrets/tokens' },
      { name: 'istio-podinfo', mountPath: '/etc/istio/pod' },
    ],
    readinessProbe: probe,
    ...(native ? { startupProbe: probe } : {}),
  };
}

const VOLUMES: Draft<Volume>[] = [
  { name: 'istio-envoy', emptyDir: { medium: 'Memory' } },
  {
    name: 'istio-podinfo',
    downwardAPI: { items: [{ path: 'labels', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' } }] },
  },
  {
    name: 'istio-token',
    projected: {
      sources: [{ serviceAccountToken: { audience: 'istio-ca', expirationSeconds: 43_200, path: 'istio-token' } }],
    },
  },
  { name: 'istiod-ca-cert', configMap: { name: 'istio-ca-root-cert' } },
];

const PROBES = [
  ['readinessProbe', 'readyz'],
  ['livenessProbe', 'livez'],
  ['startupProbe', 'startupz'],
] as const;

/** Leads the probes through the proxy's port, and returns what they were. An exec probe stays. */
function rewriteProbes(pod: DraftPod): Json {
  const found: Json = {};
  for (const container of allContainers(pod)) {
    if (container.name === PROXY) continue;
    for (const [field, path] of PROBES) {
      const probe = container[field] as Json | undefined;
      const handler = ['httpGet', 'tcpSocket', 'grpc'].find((kind) => probe?.[kind]);
      if (!probe || handler === undefined) continue;
      if ((probe[handler] as Json).port === STATUS_PORT) continue;
      const url = `/app-health/${container.name}/${path}`;
      found[url] = { [handler]: probe[handler] };
      const { [handler]: _gone, ...rest } = probe;
      container[field] = { ...rest, httpGet: { path: url, port: STATUS_PORT, scheme: 'HTTP' } };
    }
  }
  return found;
}

function earlierProbers(pod: DraftPod): Json {
  const proxy = allContainers(pod).find(({ name }) => name === PROXY);
  const value = proxy?.env?.find(({ name }) => name === PROBERS)?.value;
  return value === undefined ? {} : (JSON.parse(value) as Json);
}
