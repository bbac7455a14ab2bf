/** The cluster as the tests ask it: by kubectl, as a user would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { locateBinaries } from '../../cluster/binaries.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { run, tryRun, type Ran } from '../run.ts';
import { webhookState } from './webhook-state.ts';

export const SHOP = 'shop';
/** Of `apply`: how long a webhook may be unheard. */
const PATIENCE_MS = 30_000;

/** The SDK's: a request took longer than the time-out that it then waits on from. */
const SDK_WARNING = '@smithy/node-http-handler - [WARN]';

export interface Kube {
  readonly kubectl: (...args: string[]) => Promise<string>;
  readonly tryKubectl: (...args: string[]) => Promise<Ran>;
  /**
   * Tries again, and says so, while the guard refuses a pod that the webhook did not see: controllers of a cluster do
   * the same. Throws with what kubectl wrote.
   */
  readonly apply: (...objects: KubeObject[]) => Promise<void>;
  /** Fails as `kubectl create` does, with what it wrote. */
  readonly tryCreate: (object: KubeObject) => Promise<Ran>;
  readonly pod: (name: string) => Promise<V1Pod>;
  /** The first one of a workload, by label. */
  readonly podOf: (label: string) => Promise<V1Pod>;
  /** Lines of a container of a pod of the shop, without those in which its SDK says that the machine is busy. */
  readonly log: (pod: string, container: string) => Promise<string[]>;
  /** Follows the log, of the same lines, until the container has ended. */
  readonly follow: (pod: string, container: string) => { readonly lines: Promise<string[]> };
  readonly exec: (pod: string, container: string, ...command: string[]) => Promise<string>;
}

export function kubeOf(kubeconfig: string): Kube {
  const found = locateBinaries();
  const program = ('reason' in found ? undefined : found.kubectl) ?? 'kubectl';
  const withConfig = (args: readonly string[]): string[] => [`--kubeconfig=${kubeconfig}`, ...args];
  const kubectl = (...args: string[]): Promise<string> => run(program, withConfig(args));
  const tryKubectl = (...args: string[]): Promise<Ran> => tryRun(program, withConfig(args));
  const inShop = `--namespace=${SHOP}`;
  return {
    kubectl,
    tryKubectl,
    apply: async (...objects) => {
      const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      const apply = async (): Promise<boolean> => {
        try {
          await run(program, withConfig(['apply', '--filename=-']), { input });
          return true;
        } catch (error) {
          console.warn(`kubectl apply failed: ${String(error)}\n${await webhookState(tryKubectl)}`);
          throw error;
        }
      };
      // As a controller tries again.
      const isFatal = (error: unknown): boolean => !String(error).includes('[NotInjected]');
      await eventually('kubectl apply succeeds', apply, { ms: PATIENCE_MS, everyMs: 1000, isFatal });
    },
    tryCreate: (object) => tryRun(program, withConfig(['create', '--filename=-']), { input: JSON.stringify(object) }),
    pod: async (name) => JSON.parse(await kubectl('get', 'pod', name, inShop, '--output=json')) as V1Pod,
    podOf: async (label) => {
      const list = await kubectl('get', 'pods', inShop, `--selector=${label}`, '--output=json');
      const [pod] = (JSON.parse(list) as { items: V1Pod[] }).items;
      if (!pod) throw new Error(`no pod has the label ${label}`);
      return pod;
    },
    log: async (pod, container) => linesOf(await kubectl('logs', pod, inShop, `--container=${container}`)),
    follow: (pod, container) => {
      const child = spawn(program, withConfig(['logs', '--follow', pod, inShop, `--container=${container}`]));
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
      return { lines: once(child, 'close').then(() => linesOf(text)) };
    },
    exec: (pod, container, ...command) =>
      kubectl('exec', pod, inShop, `--container=${container}`, '--', ...command).then((text) => text.trim()),
  };
}

/** Of any container of the pod. */
export function statusOf(pod: V1Pod, container: string): V1ContainerStatus | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === container);
}

function linesOf(text: string): string[] {
  const lines = text.trim().split('\n');
  return lines.filter((line) => line !== '' && !line.includes(SDK_WARNING));
}
