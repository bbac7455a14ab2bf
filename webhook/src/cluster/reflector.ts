/**
 * List, then watch, for as long as the program runs. @kubernetes/client-node has an informer, which
 * stops at any error but 410, lists without pages, and asks for no bookmarks; its Watch is sound since
 * 2.0.1 (it ends a connection on which nothing comes), so this loop stands on that.
 *
 *      list ──► watch ──► ended: watch on from the last resourceVersion
 *       ▲         │
 *       └─────────┴─ 410, an error event, or `relistMs` passed: list again
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@rolechain/shared';
import { describeApiError, statusOf } from './api.ts';

export interface Listed<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T; readonly resourceVersion: string }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  | { readonly type: 'ERROR'; readonly code: number | undefined };

/** Where the objects come from. Both reject on any failure; errors carry `code` or `statusCode` when HTTP gave one. */
export interface Source<T> {
  readonly list: (signal: AbortSignal) => Promise<Listed<T>>;
  /** Settles when the watch ends, by itself or by the signal. */
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
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly random: () => number;
  /** A list again after this time heals whatever a watch may have lost. */
  readonly relistMs?: number;
  readonly backoffMs?: number;
  readonly backoffMaxMs?: number;
}

/** Runs until the signal; never rejects. */
export async function reflect<T>(source: Source<T>, sink: Sink<T>, options: ReflectorOptions): Promise<void> {
  const { signal, log, now, relistMs = 3_600_000 } = options;
  let resourceVersion: string | undefined;
  let listedAt = 0;
  let failures = 0;
  const ended = (): boolean => signal.aborted;
  while (!ended()) {
    try {
      if (resourceVersion === undefined || now() - listedAt >= relistMs) {
        const list = await source.list(signal);
        sink.replace(list.items);
        sink.contact();
        resourceVersion = list.resourceVersion;
        listedAt = now();
        log.info({ objects: list.items.length }, 'listed');
      }
      const startedAt = now();
      resourceVersion = await watchOnce(source, sink, resourceVersion, signal);
      failures = 0;
      // A watch that a broken proxy ends at once must not make a tight loop.
      if (now() - startedAt < 1000) await pause(options, 0);
    } catch (error) {
      if (ended()) return;
      if (statusOf(error) === 410) resourceVersion = undefined;
      else log.warn({ code: 'CacheNotSynced', error: describeApiError(error) }, 'list or watch failed');
      await pause(options, failures++);
    }
  }
}

/** One watch to its end; gives the resourceVersion to go on from, undefined when only a list helps. */
async function watchOnce<T>(
  source: Source<T>,
  sink: Sink<T>,
  from: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const at: { resourceVersion: string | undefined } = { resourceVersion: from };
  const onEvent = (event: WatchEvent<T>): void => {
    if (at.resourceVersion === undefined) return;
    sink.contact();
    switch (event.type) {
      case 'ERROR':
        // 410 Gone and whatever else the apiserver puts into the stream: what was missed is unknown.
        at.resourceVersion = undefined;
        return;
      case 'DELETED':
        sink.remove(event.object);
        break;
      case 'ADDED':
      case 'MODIFIED':
        sink.upsert(event.object);
        break;
      case 'BOOKMARK':
        break;
    }
    at.resourceVersion = event.resourceVersion;
  };
  await source.watch(from, onEvent, signal);
  return at.resourceVersion;
}

async function pause(
  { signal, random, backoffMs = 500, backoffMaxMs = 30_000 }: ReflectorOptions,
  failures: number,
): Promise<void> {
  const ceiling = Math.min(backoffMaxMs, backoffMs * 2 ** failures);
  await sleep(ceiling * (0.5 + random() / 2), undefined, { signal }).catch(() => undefined);
}
