/** How long the first reviews of a replica take: its code is cold, and the apiserver waits 2 s at most. */
import { alternate } from '../alternate.ts';
import { median } from '../quantile.ts';
import { against, format, told, type Row } from '../row.ts';
import type { Load, Run } from './load.ts';
import type { Target } from './webhooks.ts';

const REVIEWS = 200;
/** As a rollout has it: several connections of the apiserver come over to the new replica at once. */
const CONNECTIONS = 8;
/** Far more than is needed: the number of reviews ends a run. */
const SECONDS = 30;

const NOTE =
  'One thread answers eight connections in turn, so that most of it is the queue: with warm code ours is above the goal, too (admission at 8: p50). Ten times as many reviews before readiness took a fifth off, and made a replica ready 0.6 s later.';

/** Starts each again for each round; the first starter is ours. Medians of the rounds. */
export async function firstReviews(
  starters: readonly (() => Promise<Target>)[],
  load: Run,
  { rounds, say }: { readonly rounds: number; readonly say: (line: string) => void },
): Promise<Row[]> {
  say(`admission: the first ${REVIEWS} reviews of a new replica, ${rounds} times`);
  const [ours = [], peer = []] = await alternate(starters, rounds, async (start) => {
    const target = await start();
    try {
      return await load(target, { connections: CONNECTIONS, seconds: SECONDS, answers: REVIEWS });
    } finally {
      await target.stop();
    }
  });
  const work = `admission, first ${REVIEWS} reviews after /readyz`;
  const of = (loads: readonly Load[], key: 'p50' | 'p99' | 'longest'): number => median(loads.map((one) => one[key]));
  const figure = (loads: readonly Load[], key: 'p99' | 'longest'): string => `${format(of(loads, key))} ms`;
  const p50 = { ours: of(ours, 'p50'), peer: of(peer, 'p50'), name: 'Go', unit: 'ms' };
  return [
    { ...against(`${work}: p50`, p50, { atMost: 1.5 }), note: NOTE },
    ...(['p99', 'longest'] as const).map((key) =>
      told(`${work}: ${key}`, `${figure(ours, key)}, Go ${figure(peer, key)}`),
    ),
  ];
}
