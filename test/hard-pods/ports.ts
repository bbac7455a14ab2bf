/** Hard by ports: those of the sidecar are declared already. */
import { findContainer, type PodObject } from '@rolechain/kit/pod.ts';
import { ENV, SIDECAR, type SidecarConfig } from '@rolechain/shared';
import { appWith, container, podOf, variableOf, type HardPod } from './row.ts';

const declaring = (...ports: number[]): PodObject =>
  appWith({ ports: ports.map((containerPort) => ({ containerPort, protocol: 'TCP' })) });
/** By the application's environment, and by the sidecar's configuration. */
const portsOf = (pod: PodObject): unknown[] => {
  const { ports } = JSON.parse(variableOf(pod, SIDECAR.name, ENV.config) ?? '{}') as SidecarConfig;
  const used = Number(new URL(variableOf(pod, 'app', ENV.fullURI) ?? '').port);
  return used === ports.credentials ? [used, ports.health] : [used, ports];
};
const declared = (pod: PodObject): unknown => findContainer(pod, SIDECAR.name)?.ports;
const injected = { outcome: 'injected', reason: 'Injected' } as const;

export const PORT_ROWS: readonly HardPod[] = [
  {
    name: 'no port is declared',
    pod: podOf(),
    ...injected,
    so: "None is by the sidecar's container: meshes and scrapers take a declared port for one of theirs.",
    shows: [(pod) => [portsOf(pod), declared(pod)], [[28_173, 28_174], undefined]],
  },
  {
    name: 'no port is declared',
    pod: podOf(),
    variant: 'ports',
    ...injected,
    so: 'That of health and metrics is by the sidecar.',
    shows: [declared, [{ name: 'rolechain', containerPort: 28_174, protocol: 'TCP' }]],
  },
  {
    name: 'a container declares port 28173',
    pod: declaring(28_173),
    ...injected,
    so: 'Both ports move up: 28174 and 28175.',
    shows: [portsOf, [28_174, 28_175]],
  },
  {
    name: 'a container declares port 28174',
    pod: declaring(28_174),
    ...injected,
    so: 'The health port moves to 28175.',
    shows: [portsOf, [28_173, 28_175]],
  },
  {
    name: 'both ports are declared, one by an init container',
    pod: podOf({
      initContainers: [container('init', { ports: [{ containerPort: 28_174, protocol: 'TCP' }] })],
      containers: [container('app', { ports: [{ containerPort: 28_173, protocol: 'UDP' }] })],
    }),
    ...injected,
    so: 'They move to 28175 and 28176.',
    shows: [portsOf, [28_175, 28_176]],
  },
  {
    name: 'the ports to which they would move are declared, too',
    pod: declaring(28_173, 28_174, 28_175, 28_176),
    ...injected,
    so: 'They move on, to 28177 and 28178.',
    shows: [portsOf, [28_177, 28_178]],
  },
  {
    name: 'hostPort 28173 of another container port',
    pod: appWith({ ports: [{ containerPort: 80, hostPort: 28_173, protocol: 'TCP' }] }),
    ...injected,
    so: "They stay: hostPort is the node's.",
    shows: [portsOf, [28_173, 28_174]],
  },
];
