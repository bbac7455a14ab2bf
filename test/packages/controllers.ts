/** What controllers and a kubelet would do, for a cluster that has none: just enough for kubectl and helm to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import type { Api } from '../guard/api.ts';
import type { Resources } from './resources.ts';

interface Item {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly generation?: number };
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly observedGeneration?: number; readonly phase?: string };
}

const NAMESPACES = '/api/v1/namespaces';

/**
 * Acts until the returned function is called, which throws what went wrong meanwhile. With `resources` a namespace that is
 * deleted takes with it what it holds.
 */
export function actAsControllers(api: Api, resources?: Pick<Resources, 'inNamespace'>): () => Promise<void> {
  const list = async (path: string): Promise<Item[]> =>
    (JSON.parse((await api.get(path)).body) as { items?: Item[] }).items ?? [];
  let stopped = false;

  async function rollOut({ metadata, spec: { replicas = 1 }, status }: Item): Promise<void> {
    if (status.observedGeneration === metadata.generation) return;
    const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas };
    const path = `/apis/apps/v1/namespaces/${metadata.namespace}/deployments/${metadata.name}/status`;
    await api.patch(path, { status: { observedGeneration: metadata.generation, ...counts } });
  }

  /** The account without which no pod of it is admitted comes and goes with it. */
  async function keep({ metadata: { name }, status, ...rest }: Item): Promise<void> {
    const accounts = `${NAMESPACES}/${name}/serviceaccounts`;
    if (status.phase === 'Terminating') {
      await api.remove(`${accounts}/default`);
      for (const path of (await resources?.inNamespace(name)) ?? []) await api.remove(path);
      await api.put(`${NAMESPACES}/${name}/finalize`, { ...rest, metadata: { name }, spec: { finalizers: [] } });
    } else await api.post(accounts, { metadata: { name: 'default' } });
  }

  async function succeed({ metadata, status }: Item): Promise<void> {
    if (status.phase === 'Succeeded') return;
    const path = `${NAMESPACES}/${metadata.namespace}/pods/${metadata.name}/status`;
    await api.patch(path, { status: { phase: 'Succeeded' } });
  }

  async function act(): Promise<void> {
    while (!stopped) {
      for (const deployment of await list('/apis/apps/v1/deployments')) await rollOut(deployment);
      for (const namespace of await list(NAMESPACES)) {
        if (namespace.metadata.name === NAMESPACE) await keep(namespace);
      }
      for (const pod of await list('/api/v1/pods')) await succeed(pod);
      await sleep(250);
    }
  }

  const acting = act();
  // Told by the one who stops it.
  acting.catch(() => undefined);
  return () => {
    stopped = true;
    return acting;
  };
}
