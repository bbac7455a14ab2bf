/**
 * What is known of every object of one kind: the few annotations that are read, and nothing else. Kept by list
 * and watch; a miss is asked for live.
 */
import { Watch, type KubeConfig } from '@kubernetes/client-node';
import { describeFailure } from '@rolechain/certs';
import { CodedError, LIMITS } from '@rolechain/shared';
import { keep, type Annotations } from '../kept.ts';
import { rawList, type ListPage } from './raw-list.ts';
import type { Listed, Sink, Source, WatchEvent } from './reflector.ts';

/**
 * Short watches: where nothing changes nothing comes, not even a bookmark (storage/cacher, cache_watcher.go,
 * process), so that only the orderly end of a watch tells a quiet apiserver from a dead connection. It must
 * come within the 30 s of silence after which the client gives a connection up.
 */
const WATCH_SECONDS = 25;
/** With nothing heard for so long the cache may be old: then every look-up is live. */
export const STALE_MS = 90_000;
/** Fewer, larger pages: each costs kube-apiserver some milliseconds, whatever it holds (100,000 accounts: 3 s for 5). */
export const PAGE = 1000;
/** One page of the list. */
const LIST_MS = 30_000;

/** What is read of an object. */
export interface Annotated {
  readonly metadata?: {
    name?: string;
    namespace?: string;
    annotations?: Record<string, string>;
    resourceVersion?: string;
  };
}

/** What is kept of an object. */
export interface Known {
  readonly key: string;
  readonly annotations: Annotations;
}

/** Of an object as the API gives it, what is kept: at once, since a cluster's objects whole would take the memory. */
export type Know<T> = (object: T) => Known;

export function knowing<T extends Annotated>(keys: readonly string[], keyOf: (object: T) => string): Know<T> {
  return (object) => ({ key: keyOf(object), annotations: keep(object.metadata?.annotations, keys) });
}

export interface AnnotationCache {
  readonly sink: Sink<Known>;
  /** True once the objects were listed. */
  readonly synced: () => boolean;
  /** As of the last event; undefined when it isn't in the cache, or the cache may be stale. */
  readonly get: (key: string) => Annotations | undefined;
  readonly size: () => number;
}

/** `now` is in milliseconds of a clock that nobody sets: set back, a dead watch would seem alive. */
export function makeAnnotationCache(now: () => number): AnnotationCache {
  let objects = new Map<string, Annotations>();
  let contactAt: number | undefined;
  return {
    sink: {
      replace: (items) => {
        objects = new Map();
        for (const { key, annotations } of items) objects.set(key, annotations);
      },
      upsert: ({ key, annotations }) => {
        objects.set(key, annotations);
      },
      remove: ({ key }) => {
        objects.delete(key);
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

export interface SourceOptions {
  /** How long the apiserver is asked to keep a watch open. */
  readonly watchSeconds?: number;
  /** After so long without a byte a connection is taken for dead; without it, the client's own 30 s. */
  readonly silenceMs?: number;
}

/** A kind of objects. */
export interface Kind<T> {
  /** Of its collection in the API. */
  readonly path: string;
  readonly know: Know<T>;
}

/** All objects of a kind by list and watch. */
export function annotatedSource<T extends Annotated>(
  kubeConfig: KubeConfig,
  { path, know }: Kind<T>,
  { watchSeconds = WATCH_SECONDS, silenceMs }: SourceOptions = {},
): Source<Known> {
  const watch = new Watch(kubeConfig);
  // Private in the client's types: there is no other way to it.
  if (silenceMs !== undefined) Object.assign(watch, { requestTimeoutMs: silenceMs });
  return {
    list: () => listAll(rawList<T>(kubeConfig, path, LIST_MS), know),
    watch: (resourceVersion, onEvent, signal) => {
      const query = { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: watchSeconds };
      return watchOnce(
        watch,
        path,
        query,
        (type, object) => onEvent(toEvent(type, object as T | undefined, know)),
        signal,
      );
    },
  };
}

async function listAll<T>(page: ListPage<T>, know: Know<T>): Promise<Listed<Known>> {
  const items: Known[] = [];
  let token: string | undefined;
  for (;;) {
    const got = await page({ limit: PAGE, continue: token });
    items.push(...got.items.map(know));
    token = got.metadata?.continue;
    if (!token) return { items, resourceVersion: got.metadata?.resourceVersion ?? '' };
  }
}

async function watchOnce(
  watch: Watch,
  path: string,
  query: Parameters<Watch['watch']>[1],
  onLine: (type: string, object?: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<undefined>();
  const opening = watch.watch(path, query, onLine, (error: unknown) => {
    if (error) ended.reject(error);
    else ended.resolve(undefined);
  });
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
function toEvent<T extends Annotated>(type: string, object: T | undefined, know: Know<T>): WatchEvent<Known> {
  const resourceVersion = object?.metadata?.resourceVersion;
  const code = (object as { code?: number } | undefined)?.code;
  if (!object || !resourceVersion) return { type: 'ERROR', code };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED')
    return { type, object: know(object), resourceVersion };
  if (type === 'BOOKMARK') return { type, resourceVersion };
  return { type: 'ERROR', code };
}
