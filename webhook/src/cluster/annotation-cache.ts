/**
 * What is known of every object of one kind: the few annotations that are read, and nothing else. Kept by list
 * and watch; a miss is asked for live.
 */
import { CodedError, LIMITS } from '@rolechain/shared';
import type { Annotations } from '../objects/annotations.ts';
import type { AnnotatedKind } from '../objects/annotation-keys.ts';
import { keptAnnotations } from '../objects/kept-annotations.ts';
import { readText, type Api } from './api.ts';
import { makeKeptObjects, type KeptObjects } from './kept-objects.ts';
import type { Sink } from './reflector.ts';
import type { Annotated, Projector, CachedObject } from './kind.ts';

/** With nothing heard for so long the cache may be old: then every look-up is live. */
export const STALE_MS = 90_000;

/** `keys` are those that are read of this kind; of others with our prefix the names are kept. */
export function makeProjector(
  kind: AnnotatedKind,
  keys: readonly string[],
  keyOf: (object: Annotated) => string,
): Projector {
  return (object) => ({
    key: keyOf(object),
    annotations: keptAnnotations(object.metadata?.annotations ?? {}, kind, keys),
  });
}

export interface AnnotationCache {
  readonly sink: Sink<CachedObject>;
  /** True once the objects were listed. */
  readonly synced: () => boolean;
  /** As of the last event; undefined when it isn't in the cache, or the cache may be stale. */
  readonly get: (key: string) => Annotations | undefined;
  readonly size: () => number;
}

/**
 * `now` is in milliseconds of a clock that nobody sets: set back, a dead watch would seem alive. What `maxBytes` have no
 * room for is as if it weren't known.
 */
export function makeAnnotationCache(now: () => number, maxBytes: number = LIMITS.accountsKeptBytes): AnnotationCache {
  let objects: KeptObjects = makeKeptObjects(maxBytes);
  let contactAt: number | undefined;
  return {
    sink: {
      replace: (items) => {
        objects = makeKeptObjects(maxBytes);
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
    size: () => objects.size(),
    get: (key) => (contactAt === undefined || now() - contactAt > STALE_MS ? undefined : objects.get(key)),
  };
}

/** The annotations of one object, read live. Rejects on any failure; a 404 has the `code`. */
export async function readOne(
  api: Api,
  path: readonly string[],
  { project, ms }: { readonly project: Projector; readonly ms: number },
): Promise<Annotations> {
  const pieces = await api({ path, kind: 'PartialObjectMetadata', signal: AbortSignal.timeout(ms) });
  const text = await readText(pieces, LIMITS.liveObjectBytes);
  if (text !== undefined) return project(JSON.parse(text) as Annotated).annotations;
  throw new CodedError('LookupFailed', `Its metadata has more than ${LIMITS.liveObjectBytes} bytes.`);
}
