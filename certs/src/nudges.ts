import { pause } from './retry.ts';

/** Ends a wait from outside. One that comes while nobody waits ends the next wait at once: nothing is lost. */
export interface Nudges {
  readonly nudge: () => void;
  /** Resolves after `ms`, at a nudge, or when `signal` aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export function makeNudges(): Nudges {
  let isPending = false;
  let wake = (): void => undefined;
  return {
    nudge: () => {
      isPending = true;
      wake();
    },
    wait: async (ms, signal) => {
      if (!isPending) {
        const woken = new AbortController();
        wake = () => woken.abort();
        await pause(ms, AbortSignal.any([signal, woken.signal]));
      }
      isPending = false;
    },
  };
}
