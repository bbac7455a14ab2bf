/**
 * List, then watch, for as long as the program runs. @kubernetes/client-node has an informer, which
 * stops at any error but 410, lists without pages, and asks for no bookmarks; its Watch can't ask for metadata alone, and
 * takes a line of any length. So the requests are ours too (api.ts), over the client's connections.
 *
 *      list ──► watch ──► ended or broken: watch on from the last resourceVersion
 *       ▲         │
 *       └─────────┴─ 410, an error event, or `relistMs` passed: list again
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFailure, statusOf, type Log } from '@rolechain/certs';
import { ERRORS } from '@rolechain/shared';

export interface Listed<T> {
  readonly items: readonly T[];
  /** How many there was no room for; default none. */
  readonly leftOut?: number;
  readonly resourceVersion: string;
  /** How they came: the log says it. */
  readonly by?: 'stream' | 'pages';
}
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T; readonly resourceVersion: string }
  | {
      readonly type: 'BOOKMARK';
      readonly resourceVersion: string;
      /** All that was there has been told of, in a watch that began with it. */
      readonly endsList?: boolean;
    }
  | { readonly type: 'ERROR'; readonly code: number | undefined };

/** Where the objects come from. Both reject on any failure; errors carry `code` or `statusCode` when HTTP gave one. */
export interface Source<T> {
  readonly list: (signal: AbortSignal) => Promise<Listed<T>>;
  /**
   * Resolves when the apiserver ends the watch in order, which says that until then it had no more to tell, or
   * when the signal does. Rejects when the connection breaks or goes silent.
   */
  readonly watch: (
    resourceVersion: string,
    onEvent: (event: WatchEvent<T>) => void,
    signal: AbortSignal,
  ) => Promise<void>;
}

/** Where they go: the one writer of the cache. */
export interface Sink<T> {
  readonly replace: (items: readonly T[]) => void;
  readonly upsert: (item: T) => void;
  readonly remove: (item: T) => void;
  /** The apiserver was heard of: what the sink holds is as of now. */
  readonly contact: () => void;
}

export interface ReflectorOptions {
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  readonly random: () => number;
  /** A list again after this time heals whatever a watch may have lost. */
  readonly relistMs?: number;
  readonly backoffMs?: number;
  /** Told of each failure instead of the log. */
  readonly failed?: (error: unknown) => void;
  readonly backoffMaxMs?: number;
}

/** A watch that ends sooner, with nothing heard, is a broken one. */
const SHORT_MS = 1000;

/** How far the reflector has come. */
interface Place {
  /** Where the next watch goes on from; undefined where only a list helps. */
  resourceVersion: string | undefined;
  /** In a row, since the apiserver was last heard of in a watch. */
  failures: number;
}

/** Runs until the signal; never rejects. */
export async function reflect<T>(source: Source<T>, sink: Sink<T>, options: ReflectorOptions): Promise<void> {
  const { signal, log, now, relistMs = 3_600_000 } = options;
  const place: Place = { resourceVersion: undefined, failures: 0 };
  let listedAt = 0;
  const ended = (): boolean => signal.aborted;
  const warn = (error: unknown): void => {
    const failure = { code: 'CacheNotSynced', error: describeFailure(error) };
    if (statusOf(error) !== 403) log.warn(failure, 'list or watch failed');
    else log.warn({ ...failure, fix: ERRORS.CacheNotSynced.fix }, 'the apiserver forbids to list or watch');
  };
  while (!ended()) {
    try {
      if (place.resourceVersion === undefined || now() - listedAt >= relistMs) {
        place.resourceVersion = await list(source, sink, options);
        listedAt = now();
      }
      const startedAt = now();
      const lost = await watch(source, sink, place, signal);
      if (!lost && now() - startedAt >= SHORT_MS) {
        // On quiet accounts no bookmark comes either: the apiserver sends those only when its store has moved.
        sink.contact();
        place.failures = 0;
      } else {
        // An apiserver or proxy that ends each watch at once must not make a tight loop, least of all of lists.
        await pause(options, place.failures++);
      }
    } catch (error) {
      if (ended()) return;
      if (statusOf(error) === 410) place.resourceVersion = undefined;
      else (options.failed ?? warn)(error);
      await pause(options, place.failures++);
    }
  }
}

async function list<T>(source: Source<T>, sink: Sink<T>, { signal, log }: ReflectorOptions): Promise<string> {
  const { items, leftOut = 0, resourceVersion, by } = await source.list(signal);
  sink.replace(items);
  sink.contact();
  log.info({ objects: items.length, ...(leftOut > 0 ? { leftOut } : {}), ...(by ? { by } : {}) }, 'listed');
  return resourceVersion;
}

/**
 * One watch to its end; gives whether it lost its place. `place` moves on with each event, so that also
 * after a broken watch nothing is heard twice: an old state would come back for a moment.
 */
async function watch<T>(source: Source<T>, sink: Sink<T>, place: Place, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  const onEvent = (event: WatchEvent<T>): void => {
    // What comes late is of no use: the next watch, or a list, brings it again.
    if (over.signal.aborted) return;
    if (event.type === 'ERROR') {
      // 410 Gone and whatever else the apiserver puts into the stream: what was missed is unknown.
      place.resourceVersion = undefined;
      over.abort();
      return;
    }
    if (event.type === 'DELETED') sink.remove(event.object);
    else if (event.type !== 'BOOKMARK') sink.upsert(event.object);
    sink.contact();
    place.resourceVersion = event.resourceVersion;
    place.failures = 0;
  };
  try {
    await source.watch(place.resourceVersion ?? '', onEvent, AbortSignal.any([signal, over.signal]));
    return place.resourceVersion === undefined;
  } finally {
    over.abort();
  }
}

async function pause(
  { signal, random, backoffMs = 500, backoffMaxMs = 30_000 }: ReflectorOptions,
  failures: number,
): Promise<void> {
  const ceiling = Math.min(backoffMaxMs, backoffMs * 2 ** failures);
  await sleep(ceiling * (0.5 + random() / 2), undefined, { signal }).catch(() => undefined);
}

/** For `failed`: tells of the same failure once, however often it comes. */
export function untilItChanges(say: (error: string) => void): (error: unknown) => void {
  let before: string | undefined;
  return (error) => {
    const text = describeFailure(error);
    if (text !== before) say(text);
    before = text;
  };
}
