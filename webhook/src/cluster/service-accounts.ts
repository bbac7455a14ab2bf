/** What is known of every ServiceAccount: the few annotations that are read, and nothing else. */
import { CoreV1Api, Watch, type KubeConfig, type V1ServiceAccount } from '@kubernetes/client-node';
import { deadline, describeFailure, statusOf } from '@rolechain/certs';
import { CodedError, LIMITS } from '@rolechain/shared';
import { ACCOUNT_KEYS, type ServiceAccount } from '../roles.ts';
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
const LIST_MS = 30_000;
const WATCH_PATH = '/api/v1/serviceaccounts';

const NONE: Readonly<Record<string, string>> = Object.freeze({});

export interface AccountCache {
  readonly sink: Sink<V1ServiceAccount>;
  /** True once the accounts were listed. */
  readonly synced: () => boolean;
  /** The account as of the last event; undefined when it isn't in the cache, or the cache may be stale. */
  readonly get: (namespace: string, name: string) => ServiceAccount | undefined;
  readonly size: () => number;
}

/** `now` is in milliseconds of a clock that nobody sets: set back, a dead watch would seem alive. */
export function makeAccountCache(now: () => number): AccountCache {
  let accounts = new Map<string, Readonly<Record<string, string>>>();
  let contactAt: number | undefined;
  const put = (to: typeof accounts, account: V1ServiceAccount): void => {
    to.set(keyOf(account), keep(account));
  };
  return {
    sink: {
      replace: (items) => {
        const next = new Map<string, Readonly<Record<string, string>>>();
        for (const account of items) put(next, account);
        accounts = next;
      },
      upsert: (account) => {
        put(accounts, account);
      },
      remove: (account) => {
        accounts.delete(keyOf(account));
      },
      contact: () => {
        contactAt = now();
      },
    },
    synced: () => contactAt !== undefined,
    size: () => accounts.size,
    get: (namespace, name) => {
      if (contactAt === undefined || now() - contactAt > STALE_MS) return undefined;
      const annotations = accounts.get(`${namespace}/${name}`);
      return annotations && { namespace, name, annotations };
    },
  };
}

/** Asks the apiserver for one account. Undefined: it does not exist. Rejects on any failure. */
export type ReadAccount = (namespace: string, name: string) => Promise<ServiceAccount | undefined>;

/**
 * Looks an account up: in the cache, and on a miss live, once for all who ask at the same time, within `ms`.
 * Rejects with CodedError LookupFailed: "not known" must never become "not annotated".
 */
export function makeLookup(
  cache: Pick<AccountCache, 'get'>,
  read: ReadAccount,
  ms: number = LIMITS.liveLookupMs,
): ReadAccount {
  const running = new Map<string, Promise<ServiceAccount | undefined>>();
  return (namespace, name) => {
    const known = cache.get(namespace, name);
    if (known) return Promise.resolve(known);
    const key = `${namespace}/${name}`;
    const shared = running.get(key);
    if (shared) return shared;
    const asked = within(ms, key, read(namespace, name)).finally(() => running.delete(key));
    running.set(key, asked);
    return asked;
  };
}

/** The reader's own time-out ends its request; this one holds whatever the reader waits for. */
async function within<T>(ms: number, key: string, reading: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(failed(key, `no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([reading, late.promise]);
  } catch (error) {
    throw error instanceof CodedError ? error : failed(key, describeFailure(error), error);
  } finally {
    clearTimeout(timer);
  }
}

function failed(key: string, why: string, cause?: unknown): CodedError {
  return new CodedError('LookupFailed', `ServiceAccount ${key}: ${why}.`, { cause });
}

/** The live look-up through the API. */
export function accountReader(kubeConfig: KubeConfig): ReadAccount {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  return async (namespace, name) => {
    try {
      const account = await api.readNamespacedServiceAccount({ namespace, name }, deadline(LIMITS.liveLookupMs));
      return { namespace, name, annotations: keep(account) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  };
}

export interface SourceOptions {
  /** How long the apiserver is asked to keep a watch open. */
  readonly watchSeconds?: number;
  /** After so long without a byte a connection is taken for dead; without it, the client's own 30 s. */
  readonly silenceMs?: number;
}

/** All ServiceAccounts of the cluster by list and watch. */
export function accountSource(kubeConfig: KubeConfig, options: SourceOptions = {}): Source<V1ServiceAccount> {
  const { watchSeconds = WATCH_SECONDS, silenceMs } = options;
  const api = kubeConfig.makeApiClient(CoreV1Api);
  const watch = new Watch(kubeConfig);
  // Private in the client's types: there is no other way to it.
  if (silenceMs !== undefined) Object.assign(watch, { requestTimeoutMs: silenceMs });
  return {
    list: () => listAll(api),
    watch: (resourceVersion, onEvent, signal) => {
      const query = { resourceVersion, allowWatchBookmarks: true, timeoutSeconds: watchSeconds };
      return watchOnce(watch, query, onEvent, signal);
    },
  };
}

async function listAll(api: CoreV1Api): Promise<Listed<V1ServiceAccount>> {
  const items: V1ServiceAccount[] = [];
  let token: string | undefined;
  for (;;) {
    const request = { limit: PAGE, ...(token === undefined ? {} : { _continue: token }) };
    const page = await api.listServiceAccountForAllNamespaces(request, deadline(LIST_MS));
    items.push(...page.items);
    token = page.metadata?._continue;
    if (!token) return { items, resourceVersion: page.metadata?.resourceVersion ?? '' };
  }
}

async function watchOnce(
  watch: Watch,
  query: Parameters<Watch['watch']>[1],
  onEvent: (event: WatchEvent<V1ServiceAccount>) => void,
  signal: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<undefined>();
  const opening = watch.watch(
    WATCH_PATH,
    query,
    (type: string, object: V1ServiceAccount & { code?: number }) => {
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
function toEvent(type: string, object?: V1ServiceAccount & { code?: number }): WatchEvent<V1ServiceAccount> {
  const resourceVersion = object?.metadata?.resourceVersion;
  if (!object || !resourceVersion) return { type: 'ERROR', code: object?.code };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object, resourceVersion };
  if (type === 'BOOKMARK') return { type, resourceVersion };
  return { type: 'ERROR', code: object.code };
}

function keyOf({ metadata }: V1ServiceAccount): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}

function keep({ metadata }: V1ServiceAccount): Readonly<Record<string, string>> {
  const annotations = metadata?.annotations ?? {};
  const kept = ACCOUNT_KEYS.filter((key) => annotations[key] !== undefined).map((key) => [key, annotations[key] ?? '']);
  return kept.length > 0 ? (Object.fromEntries(kept) as Record<string, string>) : NONE;
}
