/**
 * What is known of every object of one kind: the few annotations that are read, and nothing else. Kept by list
 * and watch; a miss is asked for live.
 */
import { Watch, type KubeConfig } from '@kubernetes/client-node';
import { describeFailure } from '@rolechain/certs';
import { CodedError, LIMITS } from '@rolechain/shared';
import { keep, type Annotations } from '../kept.ts';
import type { Listed, Sink, Source, WatchEvent } from './reflector.ts';

/**
 * Short watches: where nothing changes nothing comes, not even a bookmark (storage/cacher, cache_watcher.go,
 * process), so that only the orderly end of a watch tells a quiet apiserver from a dead connection. It must
 * come within the 30 s of silence after which the client gives a connection up.
 */
const WATCH_SECONDS = 25;
/** With nothing heard for so long the cache may be old: then every look-up is live. */
export const STALE_MS = 90_000;
export const PAGE = 500;
/** One page of the list. */
export const LIST_MS = 30_000;

/** What is read of an object. */
export interface Annotated {
  readonly metadata?: {
    name?: string;
    namespace?: string;
    annotations?: Record<string, string>;
    resourceVersion?: string;
  };
}

export interface AnnotationCache<T> {
  readonly sink: Sink<T>;
  /** True once the objects were listed. */
  readonly synced: () => boolean;
  /** As of the last event; undefined when it isn't in the cache, or the cache may be stale. */
  readonly get: (key: string) => Annotations | undefined;
  readonly size: () => number;
}

/** `now` is in milliseconds of a clock that nobody sets: set back, a dead watch would seem alive. */
export function makeAnnotationCache<T extends Annotated>(
  keys: readonly string[],
  keyOf: (object: T) => string,
  now: () => number,
): AnnotationCache<T> {
  let objects = new Map<string, Annotations>();
  let contactAt: number | undefined;
  return {
    sink: {
      replace: (items) => {
        objects = new Map(items.map((item) => [keyOf(item), keep(item.metadata?.annotations, keys)]));
      },
      upsert: (item) => {
        objects.set(keyOf(item), keep(item.metadata?.annotations, keys));
      },
      remove: (item) => {
        objects.delete(keyOf(item));
      },
      contact: () => {
        contactAt = now();
      },
    },
    synced: () => contactAt !== undefined,
    size: () => objects.size,
    get: (key) => (contactAt === undefined || now() - contactAt > STALE_MS ? undefined : objects.get(key)),
  };
}

/**
 * Reads live, once for all who ask at the same time, within `ms`. `kind` stands in the message. Rejects with
 * CodedError LookupFailed: "not known" must never become "not annotated".
 */
export function makeLiveLookup<T>(
  kind: string,
  ms: number = LIMITS.liveLookupMs,
): (key: string, read: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (key, read) => {
    const shared = running.get(key);
    if (shared) return shared;
    const asked = within(ms, `${kind} ${key}`, read()).finally(() => running.delete(key));
    running.set(key, asked);
    return asked;
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
export function lookupFailed(what: string, why: string, cause?: unknown): CodedError {
  return new CodedError('LookupFailed', `${what}: ${why}.`, { cause });
}

/** A page of a list as the API gives it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly metadata?: { _continue?: string; resourceVersion?: string };
}
export type ListPage<T> = (request: { limit: number; _continue?: string }) => Promise<Page<T>>;

export interface SourceOptions {
  /** How long the apiserver is asked to keep a watch open. */
  readonly watchSeconds?: number;
  /** After so long without a byte a connection is taken for dead; without it, the client's own 30 s. */
  readonly silenceMs?: number;
}

/** All objects of a kind by list and watch. */
export function annotatedSource<T extends Annotated>(
  kubeConfig: KubeConfig,
  path: string,
  page: ListPage<T>,
  { watchSeconds = WATCH_SECONDS, silenceMs }: SourceOptions = {},
): Source<T> {
  const watch = new Watch(kubeConfig);
  // Private in the client's types: there is no other way to it.
  if (silenceMs !== undefined) Object.assign(watch, { requestTimeoutMs: silenceMs });
  return {
    list: () => listAll(page),
    watch: (resourceVersion, onEvent, signal) => {
      const query = { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: watchSeconds };
      return watchOnce(watch, path, query, onEvent, signal);
    },
  };
}

async function listAll<T>(page: ListPage<T>): Promise<Listed<T>> {
  const items: T[] = [];
  let token: string | undefined;
  for (;;) {
    const got = await page({ limit: PAGE, ...(token === undefined ? {} : { _continue: token }) });
    items.push(...got.items);
    token = got.metadata?._continue;
    if (!token) return { items, resourceVersion: got.metadata?.resourceVersion ?? '' };
  }
}

async function watchOnce<T extends Annotated>(
  watch: Watch,
  path: string,
  query: Parameters<Watch['watch']>[1],
  onEvent: (event: WatchEvent<T>) => void,
  signal: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<undefined>();
  const opening = watch.watch(
    path,
    query,
    (type: string, object: T & { code?: number }) => {
      onEvent(toEvent(type, object));
    },
    (error: unknown) => {
      if (error) ended.reject(error);
      else ended.resolve(undefined);
    },
  );
  // The client gives the means to end a watch only once the apiserver has answered: the end doesn't wait for that.
  const abort = (): void => {
    opening.then((controller) => controller.abort()).catch(() => undefined);
    ended.resolve(undefined);
  };
  opening.catch(ended.reject);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  await ended.promise.finally(() => {
    signal.removeEventListener('abort', abort);
  });
}

/** What has no resourceVersion is no event: the client passes on any line that is JSON. */
function toEvent<T extends Annotated>(type: string, object?: T & { code?: number }): WatchEvent<T> {
  const resourceVersion = object?.metadata?.resourceVersion;
  if (!object || !resourceVersion) return { type: 'ERROR', code: object?.code };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object, resourceVersion };
  if (type === 'BOOKMARK') return { type, resourceVersion };
  return { type: 'ERROR', code: object.code };
}
