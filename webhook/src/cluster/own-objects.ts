/**
 * The webhook's own objects, each by its name: its Secret and its two webhook configurations. The watch tells that one has
 * changed, and nothing of what is in it: metadata alone is asked for, of which nothing is kept. Who is told reads it.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import type { CachedObject } from './kind.ts';
import { annotatedSource, type SourceOptions } from './list-watch-source.ts';
import type { Sink, Source } from './reflector.ts';

export interface OwnObject {
  /** Of its collection in the API: segments. */
  readonly path: readonly string[];
  readonly name: string;
}

/** For one entry, whose texts aren't kept. */
const KEPT_BYTES = 4096;

/** Needs list and watch on it, which RBAC can tie to the name. */
export function ownObjectSource(
  kubeConfig: KubeConfig,
  object: OwnObject,
  options?: SourceOptions,
): Source<CachedObject> {
  const project = ({ metadata }: { metadata?: { name?: string } }): CachedObject => ({
    key: metadata?.name ?? '',
    annotations: {},
  });
  return annotatedSource(kubeConfig, { ...object, project, maxBytes: KEPT_BYTES }, options);
}

/** Told of each list, too: what happened before it is unknown. */
export function changesSink(changed: () => void): Sink<CachedObject> {
  return { replace: changed, upsert: changed, remove: changed, contact: () => undefined };
}
