import { pause } from './retry.ts';

/** So many at once, and then one each so many milliseconds: what somebody undoes at once must not make a tight loop. */
export interface TokenBucket {
  /** Resolves when it may be done, or `signal` aborts. */
  readonly take: (signal?: AbortSignal) => Promise<void>;
}

export interface TokenBucketOptions {
  readonly burst: number;
  readonly everyMs: number;
  /** Milliseconds of a clock that nobody sets. */
  readonly now?: () => number;
}

export function makeTokenBucket({ burst, everyMs, now = () => performance.now() }: TokenBucketOptions): TokenBucket {
  /** When all that was taken is given back. */
  let fullAt = -Infinity;
  return {
    take: async (signal) => {
      const at = now();
      fullAt = Math.max(fullAt, at) + everyMs;
      const wait = fullAt - burst * everyMs - at;
      if (wait > 0) await pause(wait, signal);
    },
  };
}
