/** Namespaces: the roles that they allow, and the resources of the sidecars in them. */
import type { KubeConfig } from '@kubernetes/client-node';
import { LIMITS } from '@rolechain/shared';
import type { Annotations } from '../objects/annotations.ts';
import { makeProjector, makeAnnotationCache, readOne, type AnnotationCache } from './annotation-cache.ts';
import type { CachedObject } from './kind.ts';
import { annotatedSource, type SourceOptions } from './list-watch-source.ts';
import { makeApi } from './api.ts';
import { makeLiveLookup } from './live-lookup.ts';
import type { Source } from './reflector.ts';
import { keysOn } from '../objects/annotation-keys.ts';

/** What is kept of a Namespace. */
export const projectNamespace = makeProjector('Namespace', keysOn('Namespace'), ({ metadata }) => metadata?.name ?? '');

/** `now` is in milliseconds of a clock that nobody sets. */
export function makeNamespaceCache(now: () => number): AnnotationCache {
  return makeAnnotationCache(now, LIMITS.namespacesKeptBytes);
}

/**
 * The annotations of a Namespace. Rejects on any failure, also where there is no such Namespace: what is being
 * created in it shows that there is one, so that the answer is late or wrong.
 */
export type ReadNamespace = (name: string) => Promise<Annotations>;

/** Looks a Namespace up as `makeLookup` does an account. Rejects with CodedError LookupFailed. */
export function makeNamespaceLookup(
  cache: Pick<AnnotationCache, 'get'>,
  read: ReadNamespace,
  ms?: number,
): ReadNamespace {
  const live = makeLiveLookup<Annotations>('Namespace', ms);
  return (name) => {
    const known = cache.get(name);
    return known ? Promise.resolve(known) : live(name, () => read(name));
  };
}

/** The live look-up through the API. */
export function namespaceReader(kubeConfig: KubeConfig): ReadNamespace {
  const api = makeApi(kubeConfig);
  return (name) =>
    readOne(api, ['api', 'v1', 'namespaces', name], { project: projectNamespace, ms: LIMITS.liveLookupMs });
}

/** All Namespaces of the cluster. */
export function namespaceSource(kubeConfig: KubeConfig, options?: SourceOptions): Source<CachedObject> {
  const kind = { path: ['api', 'v1', 'namespaces'], project: projectNamespace, maxBytes: LIMITS.namespacesKeptBytes };
  return annotatedSource(kubeConfig, kind, options);
}
