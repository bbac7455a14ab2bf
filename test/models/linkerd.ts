/**
 * A model of linkerd's proxy injector, written from what its source does (linkerd/linkerd2 pkg/inject/report.go and
 * charts/patch/templates/patch.json): once, unless there is a linkerd-proxy, linkerd-init and linkerd-proxy, the
 * latter as a native sidecar in front or as an ordinary container, with the API's token from the first container. With
 * the CNI plugin there is linkerd-network-validator in the place of linkerd-init.
 * Only for tests.
 */
import { allContainers, type DraftContainer, type DraftPod } from '@rolechain/kit/pod.ts';
import { API_TOKEN_PATH, fieldVariable } from '@rolechain/kit/models/shared.ts';

export interface LinkerdOptions {
  /** linkerd-proxy as a native sidecar, else as an ordinary container. */
  readonly native: boolean;
  readonly cni: boolean;
}

const PROXY = 'linkerd-proxy';

/** The pod as the injector leaves it; the input stays as it is. */
export function linkerdMutate(pod: DraftPod, { native, cni }: LinkerdOptions): DraftPod {
  if (allContainers(pod).some(({ name }) => name === PROXY)) return pod;
  const next = structuredClone(pod);
  const { metadata, spec } = next;
  const inits = spec.initContainers ?? [];
  const setup = cni ? VALIDATOR : SETUP;
  if (native) spec.initContainers = [setup, { ...proxy(pod), restartPolicy: 'Always' }, ...inits];
  else {
    spec.initContainers = [...inits, setup];
    spec.containers.push(proxy(pod));
  }
  spec.volumes = [
    ...(spec.volumes ?? []),
    ...(cni ? [] : [{ name: 'linkerd-proxy-init-xtables-lock', emptyDir: {} }]),
    { name: 'linkerd-identity-end-entity', emptyDir: { medium: 'Memory' } },
  ];
  metadata.annotations = {
    ...metadata.annotations,
    'linkerd.io/created-by': 'linkerd/proxy-injector edge',
    'linkerd.io/proxy-version': 'edge',
  };
  metadata.labels = { ...metadata.labels, 'linkerd.io/control-plane-ns': 'linkerd' };
  return next;
}

const SETUP: DraftContainer = {
  name: 'linkerd-init',
  image: 'registry.example/linkerd/proxy-init:2',
  args: ['--incoming-proxy-port', '4143', '--outgoing-proxy-port', '4140'],
  volumeMounts: [{ name: 'linkerd-proxy-init-xtables-lock', mountPath: '/run' }],
};

const VALIDATOR: DraftContainer = {
  name: 'linkerd-network-validator',
  image: 'registry.example/linkerd/proxy:edge',
  args: [
    '--log-format',
    'plain',
    '--connect-addr',
    '1.1.1.1:20001',
    '--listen-addr',
    '0.0.0.0:4140',
    '--timeout',
    '10s',
  ],
};

/** The ports that containers declare, native sidecars among them (pkg/inject/inject.go, getPodInboundPorts). */
function inboundPorts({ spec }: DraftPod): number[] {
  const running = [...spec.containers, ...(spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always')];
  const declared = running.flatMap(({ ports }) => (ports ?? []) as { containerPort: number }[]);
  return [...new Set(declared.map(({ containerPort }) => containerPort))].sort((a, b) => a - b);
}

function proxy(pod: DraftPod): DraftContainer {
  const token = pod.spec.containers[0]?.volumeMounts?.find(({ mountPath }) => mountPath === API_TOKEN_PATH);
  return {
    name: PROXY,
    image: 'registry.example/linkerd/proxy:edge',
    env: [
      fieldVariable('_pod_name', 'metadata.name'),
      { name: 'LINKERD2_PROXY_LOG', value: 'warn,linkerd=info' },
      { name: 'LINKERD2_PROXY_INBOUND_PORTS', value: inboundPorts(pod).join(',') },
    ],
    ports: [
      { name: 'linkerd-proxy', containerPort: 4143, protocol: 'TCP' },
      { name: 'linkerd-admin', containerPort: 4191, protocol: 'TCP' },
    ],
    readinessProbe: { httpGet: { path: '/ready', port: 4191, scheme: 'HTTP' } },
    volumeMounts: [
      { name: 'linkerd-identity-end-entity', mountPath: '/var/run/linkerd/identity/end-entity' },
      ...(token ? [token] : []),
    ],
  };
}
