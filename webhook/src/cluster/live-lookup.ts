/** Look-ups of single objects, for what the cache lacks. */
import { describeFailure } from '@rolechain/certs';
import { CodedError, LIMITS } from '@rolechain/shared';

/**
 * Reads live, once for all who ask at the same time, within `ms`, and no more than LIMITS.liveLookups at once: the others
 * wait for their turn within the same time. `kind` stands in the message. Rejects with CodedError LookupFailed: "not
 * known" must never become "not annotated".
 */
export function makeLiveLookup<T>(
  kind: string,
  ms: number = LIMITS.liveLookupMs,
): (key: string, read: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  const takeTurn = makeTurns(LIMITS.liveLookups);
  return (key, read) => {
    const shared = running.get(key);
    if (shared) return shared;
    const turn = takeTurn();
    const askedAt = performance.now();
    // With no time left it isn't begun: it would only be one request more to an apiserver that doesn't answer.
    const late = (): boolean => performance.now() - askedAt > ms * 0.9;
    const reading = turn.begun.then((given) => (given && !late() ? read() : new Promise<never>(() => undefined)));
    const asked = within(ms, `${kind} ${key}`, reading).finally(() => {
      running.delete(key);
      turn.end();
    });
    running.set(key, asked);
    return asked;
  };
}

interface Turn {
  /** True once it is this one's turn; never where it was ended before. */
  readonly begun: Promise<boolean>;
  readonly end: () => void;
}

function makeTurns(most: number): () => Turn {
  let free = most;
  const waiting = new Set<() => void>();
  return () => {
    const begun = Promise.withResolvers<boolean>();
    const begin = (): void => {
      free--;
      begun.resolve(true);
    };
    if (free > 0) begin();
    else waiting.add(begin);
    return {
      begun: begun.promise,
      end: () => {
        if (waiting.delete(begin)) {
          begun.resolve(false);
          return;
        }
        free++;
        const [next] = waiting;
        if (!next) return;
        waiting.delete(next);
        next();
      },
    };
  };
}

/** The reader's own time-out ends its request; this one holds whatever the reader waits for. */
async function within<T>(ms: number, what: string, reading: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(lookupFailed(what, `no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([reading, late.promise]);
  } catch (error) {
    throw error instanceof CodedError ? error : lookupFailed(what, describeFailure(error), error);
  } finally {
    clearTimeout(timer);
  }
}

/** `what` names kind and object. */
function lookupFailed(what: string, why: string, cause?: unknown): CodedError {
  return new CodedError('LookupFailed', `${what}: ${why}.`, { cause });
}
