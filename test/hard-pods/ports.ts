/** Hard by ports: those of the sidecar are declared already. */
import { ENV, SIDECAR } from '@rolechain/shared';
import { appWith, container, named, podOf, valueOf, type HardPod, type Pod } from './row.ts';

const declaring = (...ports: number[]): Pod =>
  appWith({ ports: ports.map((containerPort) => ({ containerPort, protocol: 'TCP' })) });
const portsOf = (pod: Pod): unknown[] => [
  Number(new URL(valueOf(pod, 'app', ENV.fullURI) ?? '').port),
  ...(named(pod, SIDECAR.name)?.ports?.map(({ containerPort }) => containerPort) ?? []),
];
const injected = { outcome: 'injected', reason: 'Injected' } as const;

export const PORT_ROWS: readonly HardPod[] = [
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
