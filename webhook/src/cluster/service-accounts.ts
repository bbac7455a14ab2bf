/** ServiceAccounts: their roles, and the base identity of the EKS webhook's annotations. */
import type { KubeConfig } from '@kubernetes/client-node';
import { statusOf } from '@rolechain/certs';
import { EKS, LIMITS, type EksWebhook } from '@rolechain/shared';
import { withEksKeys, accountKeys, type ServiceAccount } from '../objects/service-account.ts';
import { makeProjector, makeAnnotationCache, readOne } from './annotation-cache.ts';
import type { CachedObject, Projector } from './kind.ts';
import { annotatedSource, type SourceOptions } from './list-watch-source.ts';
import { makeApi } from './api.ts';
import { makeLiveLookup } from './live-lookup.ts';
import type { Sink, Source } from './reflector.ts';

export { STALE_MS } from './annotation-cache.ts';
export { PAGE } from './list-pages.ts';
export type { SourceOptions } from './list-watch-source.ts';

export interface AccountCache {
  readonly sink: Sink<CachedObject>;
  /** True once the accounts were listed. */
  readonly synced: () => boolean;
  /** The account as of the last event; undefined when it isn't in the cache, or the cache may be stale. */
  readonly get: (namespace: string, name: string) => ServiceAccount | undefined;
  readonly size: () => number;
}

/** What is kept of an account beside an EKS webhook of these flags. */
export function serviceAccountProjector(eks: EksWebhook = EKS): Projector {
  return makeProjector(
    'ServiceAccount',
    accountKeys(eks),
    ({ metadata }) => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`,
  );
}

/** `now` is in milliseconds of a clock that nobody sets. */
export function makeAccountCache(now: () => number): AccountCache {
  const { get, ...cache } = makeAnnotationCache(now);
  return {
    ...cache,
    get: (namespace, name) => {
      const annotations = get(`${namespace}/${name}`);
      return annotations && { namespace, name, annotations };
    },
  };
}

/** Asks the apiserver for one account. Undefined: it does not exist. Rejects on any failure. */
export type ReadAccount = (namespace: string, name: string) => Promise<ServiceAccount | undefined>;

/**
 * Looks an account up: in the cache, and on a miss live, once for all who ask at the same time, within `ms`.
 * Rejects with CodedError LookupFailed.
 */
export function makeLookup(cache: Pick<AccountCache, 'get'>, read: ReadAccount, ms?: number): ReadAccount {
  const live = makeLiveLookup<ServiceAccount | undefined>('ServiceAccount', ms);
  return (namespace, name) => {
    const known = cache.get(namespace, name);
    return known ? Promise.resolve(known) : live(`${namespace}/${name}`, () => read(namespace, name));
  };
}

/** The same, with the base identity under the keys of EKS' own webhook. */
export function lookupWithEksKeys(lookup: ReadAccount, eks: EksWebhook): ReadAccount {
  return async (namespace, name) => {
    const found = await lookup(namespace, name);
    return found && withEksKeys(found, eks);
  };
}

/** The live look-up through the API, given up after `ms`. */
export function accountReader(
  kubeConfig: KubeConfig,
  ms: number = LIMITS.liveLookupMs,
  project: Projector = serviceAccountProjector(),
): ReadAccount {
  const api = makeApi(kubeConfig);
  return async (namespace, name) => {
    try {
      const path = ['api', 'v1', 'namespaces', namespace, 'serviceaccounts', name];
      return { namespace, name, annotations: await readOne(api, path, { project, ms }) };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  };
}

/** All ServiceAccounts of the cluster. */
export function accountSource(
  kubeConfig: KubeConfig,
  options?: SourceOptions,
  project: Projector = serviceAccountProjector(),
): Source<CachedObject> {
  const kind = { path: ['api', 'v1', 'serviceaccounts'], project, maxBytes: LIMITS.accountsKeptBytes };
  return annotatedSource(kubeConfig, kind, options);
}
