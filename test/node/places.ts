/** Where the cluster of these tests has its addresses and files. They are fixed: one cluster a machine. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The network that pods, node and control plane share; nothing else of the machine is on it. */
export const NETWORK = {
  bridge: 'rolechain0',
  /** Of the bridge; the second bit says that it was assigned here. */
  hardware: '02:00:0a:f4:00:01',
  /** The node, and what the tests run on the machine for pods to reach. */
  host: '10.244.0.1',
  pods: '10.244.0.0/24',
  prefix: 24,
  /** Service kubernetes.default: kube-apiserver itself listens there, since no kube-proxy leads to it. */
  api: '10.96.0.1',
  services: '10.96.0.0/16',
} as const;

export const NODE_NAME = 'node1';

/** Everything that a run writes; short, because Unix sockets in it have at most 107 characters of path. */
export const STATE = '/var/lib/rolechain-node';
export const SOCKET = `${STATE}/containerd.sock`;
/** Cgroup of all pods, in each hierarchy: whatever is in there is ours. */
export const CGROUP = 'rolechain-node';
/** In the environment of each process that is started here, and so of those that these start. */
export const MARK = 'ROLECHAIN_NODE';

/** What is worth keeping from one run to the next: images by their content. And the last run's logs. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rolechain', 'node');
export const LOGS = join(CACHE, 'log');

/** Places outside STATE that containerd, kubelet and the network plugins write to whatever they are told. */
export const FIXED_FOLDERS = ['/run/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers'] as const;
/** What kubelet sets in the kernel. */
export const SYSCTLS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
] as const;
