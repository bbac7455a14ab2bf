import { setTimeout as sleep } from 'node:timers/promises';

/** How often, and after what pauses, something is tried again. */
export interface Retries {
  readonly attempts: number;
  /** Upper end of the first pause, in milliseconds; it doubles each time. */
  readonly firstMs: number;
  /** Upper end of the longest pause, in milliseconds. */
  readonly longestMs: number;
}

/** For calls to the API server: the pauses are 5 s in all; the maintenance goes on after that. */
export const API_RETRIES: Retries = { attempts: 8, firstMs: 50, longestMs: 2_000 };

/**
 * The pause before attempt `attempt` + 1 (counted from 1), in milliseconds. Jittered between half and
 * all of it, so that replicas that met once don't meet again.
 */
export function backoff(
  attempt: number,
  { firstMs, longestMs }: Omit<Retries, 'attempts'>,
  random = Math.random,
): number {
  // The exponent is bounded because the maintenance may count failures for weeks.
  const most = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return most * (0.5 + random() / 2);
}

/** Waits; ends early, and without an error, when `signal` aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/**
 * Runs `step` until it succeeds, `isFinal` says of its error that another attempt is no use, the
 * attempts are used up or `signal` aborts; then throws the step's last error.
 */
export async function retrying<T>(
  { isFinal, signal, ...retries }: Retries & { isFinal: (error: unknown) => boolean; signal?: AbortSignal | undefined },
  step: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      if (attempt >= retries.attempts || isFinal(error)) throw error;
      await pause(backoff(attempt, retries), signal);
      if (signal?.aborted === true) throw error;
    }
  }
}
