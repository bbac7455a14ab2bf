/**
 * The LimitRanges of all namespaces, by list and watch. To know of none is no failure: where the right, the list or the
 * contact lacks, a sidecar gets its usual resources, and a metric says so.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import { LIMITS } from '@rolechain/shared';
import { limitRulesOf, type LimitRule } from '../objects/limit-range.ts';
import { STALE_MS } from './annotation-cache.ts';
import type { Annotated, CachedObject } from './kind.ts';
import { annotatedSource, type SourceOptions } from './list-watch-source.ts';
import { makeKeptObjects } from './kept-objects.ts';
import type { Sink, Source } from './reflector.ts';

export interface LimitRangeCache {
  readonly sink: Sink<CachedObject>;
  /** True once they were listed. */
  readonly synced: () => boolean;
  /** Whether they were listed, and the apiserver was heard of since. */
  readonly known: () => boolean;
  /** The rules of a namespace; none where they aren't known. */
  readonly rulesOf: (namespace: string) => readonly LimitRule[];
  readonly size: () => number;
}

/** The one text that is kept of each, beside its key. */
const RULES = 'rules';

/** What is kept of a LimitRange: of few items what concerns sidecars, so that a large one is no larger here. */
export function projectLimitRange({ metadata, spec }: Annotated): CachedObject {
  const { namespace = '', name = '' } = metadata ?? {};
  const rules = limitRulesOf(name, spec);
  return {
    key: `${namespace}/${name}`,
    annotations: rules.length > 0 ? { [RULES]: JSON.stringify(rules) } : {},
  };
}

/** `now` is in milliseconds of a clock that nobody sets. */
export function makeLimitRangeCache(now: () => number): LimitRangeCache {
  let objects = makeKeptObjects(LIMITS.limitRangesKeptBytes);
  /** Keys by namespace. */
  let keys = new Map<string, Set<string>>();
  let contactAt: number | undefined;
  const set = ({ key, annotations }: CachedObject): void => {
    const namespace = namespaceOf(key);
    const there = keys.get(namespace) ?? new Set();
    there.delete(key);
    if (there.size < LIMITS.limitRangesOfNamespace && objects.set(key, annotations)) there.add(key);
    else objects.delete(key);
    keys.set(namespace, there);
  };
  const known = (): boolean => contactAt !== undefined && now() - contactAt <= STALE_MS;
  return {
    sink: {
      replace: (items) => {
        objects = makeKeptObjects(LIMITS.limitRangesKeptBytes);
        keys = new Map();
        items.forEach(set);
      },
      upsert: set,
      remove: ({ key }) => {
        objects.delete(key);
        const there = keys.get(namespaceOf(key));
        there?.delete(key);
        if (there?.size === 0) keys.delete(namespaceOf(key));
      },
      contact: () => {
        contactAt = now();
      },
    },
    known,
    synced: () => contactAt !== undefined,
    size: () => objects.size(),
    rulesOf: (namespace) => {
      if (!known()) return [];
      return [...(keys.get(namespace) ?? [])].flatMap((key) => {
        const text = objects.get(key)?.[RULES];
        return text === undefined ? [] : (JSON.parse(text) as LimitRule[]);
      });
    },
  };
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

/** All LimitRanges of the cluster, whole: what is read stands in their spec. */
export function limitRangeSource(kubeConfig: KubeConfig, options?: SourceOptions): Source<CachedObject> {
  const path = ['api', 'v1', 'limitranges'];
  return annotatedSource(
    kubeConfig,
    { path, project: projectLimitRange, maxBytes: LIMITS.limitRangesKeptBytes, whole: true },
    options,
  );
}
