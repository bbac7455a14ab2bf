/** Weather over AWS: calm, then a storm of one kind, in turn, until it is told to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Aws } from '../fixture/aws.ts';
import type { Fault } from '@rolechain/doubles/faults.ts';

/** A session lasts SESSION_SECONDS, and is fetched again at half of it: a storm is far shorter than what is left then. */
export const SESSION_SECONDS = 120;
const CALM_MS = [8_000, 15_000] as const;
const STORM_MS = [4_000, 10_000] as const;
/** Of the calls, by kind: a service that throttles lets some through. */
const SHARE = 0.7;

const STORMS: Readonly<Record<string, (random: () => number) => Fault>> = {
  throttled: () => ({ status: 400, code: 'Throttling', message: 'Rate exceeded' }),
  slow: (random) => ({ delayMs: 300 + 2700 * random() }),
  reset: () => 'reset',
  unavailable: () => ({ status: 503, code: 'ServiceUnavailable', message: 'Service is unavailable' }),
  'not STS': () => 'nonsense',
};

export interface Weather {
  /** By kind: how many calls met it. */
  readonly met: () => Readonly<Record<string, number>>;
  /** How many storms there were. */
  readonly storms: () => number;
  /** Resolves once the signal says so; the sky is clear then. */
  readonly over: Promise<void>;
}

export function startWeather({ sts, agent }: Aws, random: () => number, signal: AbortSignal): Weather {
  const met: Record<string, number> = {};
  let storms = 0;
  const between = ([low, high]: readonly [number, number]): number => low + (high - low) * random();
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => undefined);
  const isOver = (): boolean => signal.aborted;
  const run = async (): Promise<void> => {
    const kinds = Object.entries(STORMS);
    while (!isOver()) {
      await pause(between(CALM_MS));
      if (isOver()) break;
      const [kind, faultOf] = kinds[storms++ % kinds.length] ?? ['', () => 'reset' as const];
      const take = (): Fault | undefined => {
        if (random() > SHARE) return undefined;
        met[kind] = (met[kind] ?? 0) + 1;
        return faultOf(random);
      };
      // The programs' own calls are not ours to answer for.
      sts.failWhen(({ action }) => (action.startsWith('AssumeRole') ? take() : undefined));
      agent.failWhen(take);
      await pause(between(STORM_MS));
      sts.heal();
      agent.heal();
    }
    sts.heal();
    agent.heal();
  };
  return { met: () => met, storms: () => storms, over: run() };
}
