/** Runs what a mutated pod names: its sidecar, then an unmodified program in one of its containers. */
import { join } from 'node:path';
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { ENV, PATHS, SIDECAR, SIDECAR_COMMAND, type SidecarConfig } from '@rolechain/shared';
import { containerOf, type Container, type Pod } from '@rolechain/kit/pod.ts';
import { runContainer, type RunningContainer } from '../kubelet/run.ts';
import { makeVolumes, type PodVolumes } from '../kubelet/volumes.ts';
import { hearSidecar, knowTokens } from '../secrets/hear.ts';
import { heard, type Channel } from '@rolechain/kit/record.ts';
import { holdPorts } from './hold-ports.ts';
import { ROOT } from './install.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';

/** What the pod's projected volumes are filled with. */
export interface Projections {
  /** The audience is empty for the apiserver's own. */
  readonly token: (audience: string, expirationSeconds: number) => Promise<string>;
  /** PEM of the cluster's CA, as the ConfigMap kube-root-ca.crt of every namespace has it. */
  readonly clusterCA: string;
  /** Decoded data of the namespace's Secrets, by name. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Where the apiserver is, as the kubelet tells every container. */
  readonly apiURL?: string;
}

export interface RunningPod {
  readonly pod: Pod;
  readonly volumes: PodVolumes;
  readonly sidecar: RunningContainer;
  /** Runs the startup probe's command once, as the kubelet does. */
  readonly probe: () => Promise<{ readonly code: number | null; readonly output: string }>;
  /** Runs a program with exactly the environment and files of a container. */
  readonly run: (container: string, command: readonly [string, ...string[]]) => Promise<RunningContainer>;
  readonly stop: () => Promise<void>;
}

/** Where the programs of the sidecar's image are on this machine. */
const IMAGE: Readonly<Record<string, string>> = {
  [PATHS.imageNode]: process.execPath,
  [PATHS.imageSidecar]: join(ROOT, 'dist', 'sidecar.cjs'),
  [PATHS.imageProber]: join(ROOT, 'dist', 'prober.cjs'),
};

/** As the kubelet fills them: tokens bound to the pod, from the apiserver's TokenRequest. */
export function projections(kubeConfig: KubeConfig, pod: Pod): Projections {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  const token: Projections['token'] = async (audience, expirationSeconds) => {
    const { status } = await api.createNamespacedServiceAccountToken({
      namespace,
      name: pod.spec.serviceAccountName ?? 'default',
      body: {
        spec: {
          audiences: audience === '' ? [] : [audience],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
    });
    return status?.token ?? '';
  };
  const clusterCA = Buffer.from(kubeConfig.getCurrentCluster()?.caData ?? '', 'base64').toString();
  return { token, clusterCA };
}

/**
 * Starts the pod's sidecar, once no other test's pod has its ports. The pod is on loopback: its IP is 127.0.0.1. Of
 * its volumes only ours and the API's token are made: the others hold what a user's own image needs, which doesn't
 * run here.
 */
export async function startPod(
  mutated: Pod,
  { token, clusterCA, secrets = {}, apiURL }: Projections,
  onLine?: (line: string) => void,
): Promise<RunningPod> {
  const needed = (mutated.spec.volumes ?? []).filter(({ name }) => /^(rolechain|kube-api-access)(-|$)/.test(name));
  const pod: Pod = {
    ...mutated,
    spec: { ...mutated.spec, volumes: needed },
    status: { ...mutated.status, podIP: '127.0.0.1' },
  };
  const container = containerOf(pod, SIDECAR.name);
  const data = (kind: string, name: string): Promise<Record<string, string> | undefined> =>
    Promise.resolve(kind === 'Secret' ? secrets[name] : { 'ca.crt': clusterCA });
  const { hostname = '', port = '' } = apiURL === undefined ? {} : new URL(apiURL);
  const services: Record<string, string> =
    apiURL === undefined ? {} : { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const ports = portsOf(container);
  const volumes = await makeVolumes(pod, { token, data });
  const stopAll = new Set<RunningContainer>();
  const start = async (
    of: Container,
    command: readonly [string, ...string[]],
    channel: Channel,
  ): Promise<RunningContainer> => {
    const running = await runContainer({
      pod,
      services,
      container: of,
      volumes,
      command,
      cwd: ROOT,
      ...(onLine ? { onLine } : {}),
    });
    stopAll.add(running);
    void running.exited.then(() => {
      stopAll.delete(running);
      heard(channel, running.stdout() + running.stderr());
    });
    return running;
  };
  const held = await holdPorts(Object.values(ports));
  const sidecar = await start(container, commandOnThisMachine(SIDECAR_COMMAND), 'output of the sidecar').catch(
    async (error: unknown) => {
      await held.release();
      throw error;
    },
  );
  return {
    pod,
    volumes,
    sidecar,
    probe: async () => {
      const command = commandOnThisMachine(container.startupProbe?.exec?.command ?? []);
      const probe = await start(container, command, 'output of the prober');
      const { code } = await probe.exited;
      return { code, output: (probe.stdout() + probe.stderr()).trim() };
    },
    run: (name, command) => start(containerOf(pod, name), command, 'output of a program in a pod'),
    stop: async () => {
      try {
        await knowTokens(volumes.paths.get('rolechain') ?? '');
        if (stopAll.has(sidecar)) await hearSidecar(ports);
        await Promise.all([...stopAll].map((running) => running.stop()));
        await volumes.remove();
      } finally {
        await held.release();
      }
    },
  };
}

/** Where the mutated pod's sidecar listens. */
function portsOf({ env }: Container): SidecarConfig['ports'] {
  const text = env?.find(({ name }) => name === ENV.config)?.value ?? '';
  return (JSON.parse(text) as SidecarConfig).ports;
}

/** Waits until the startup probe passes; throws with its last output. */
export async function untilStarted(running: RunningPod, ms = PATIENCE_MS): Promise<void> {
  let last = '';
  let ended: string | undefined;
  void running.sidecar.exited.then(({ code, signal }) => {
    ended = `the sidecar has ended with ${signal ?? code}`;
  });
  try {
    const passes = async (): Promise<boolean> => {
      const { code, output } = await running.probe();
      last = output;
      return code === 0;
    };
    await until('the startup probe passes', ms, passes, () => ended);
  } catch (error) {
    throw new Error(
      `${(error as Error).message}. It says: ${last}\n${running.sidecar.stdout()}${running.sidecar.stderr()}`,
      {
        cause: error,
      },
    );
  }
}

/** The first ordinary container whose environment leads to the sidecar. */
export function holdingContainer(pod: Pod): string | undefined {
  return pod.spec.containers.find(({ env }) => env?.some(({ name }) => name === ENV.fullURI))?.name;
}

function commandOnThisMachine(command: readonly string[]): readonly [string, ...string[]] {
  const [program = '', ...rest] = command.map((word) => IMAGE[word] ?? word);
  return [program, ...rest];
}
