/** What becomes of new pods while somebody works on rolechain. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { Api } from '../guard/api.ts';
import { outcomeOf, type Result } from '../guard/pods.ts';

export type Outcome = Result['outcome'];
type Outcomes<Name extends string> = Readonly<Record<Name, readonly Outcome[]>>;

const EVERY_MS = 50;

/**
 * Asks for each pod again and again, by dry run, until the returned function is called. That resolves to the outcomes of each
 * in their order, with one that came several times in a row once; it rejects where a pod met any other error.
 */
export function watchPods<Name extends string>(
  api: Api,
  pods: Readonly<Record<Name, KubeObject>>,
): () => Promise<Outcomes<Name>> {
  const names = Object.keys(pods) as Name[];
  const seen = Object.fromEntries(names.map((name) => [name, [] as Outcome[]])) as Record<Name, Outcome[]>;
  let stopped = false;
  const look = async (): Promise<void> => {
    for (const name of names) {
      const { outcome } = await outcomeOf(api, pods[name]);
      if (seen[name].at(-1) !== outcome) seen[name].push(outcome);
    }
  };
  const watch = async (): Promise<void> => {
    while (!stopped) {
      await look();
      await sleep(EVERY_MS);
    }
    await look();
  };
  const watching = watch();
  // Told by the one who stops it.
  watching.catch(() => undefined);
  return async () => {
    stopped = true;
    await watching;
    return seen;
  };
}
