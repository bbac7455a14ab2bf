import { CodedError, LIMITS } from '@rolechain/shared';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Listed, Source, WatchEvent } from './reflector.ts';
import { makeApi, readLines, readText, type Api, type Pieces } from './api.ts';
import { makeKeptObjects } from './kept-objects.ts';
import type { Annotations } from '../objects/annotations.ts';

/**
 * Short watches: where nothing changes nothing comes, not even a bookmark (storage/cacher, cache_watcher.go,
 * process), so that only the orderly end of a watch tells a quiet apiserver from a dead connection. It must
 * come within the time of silence after which a connection is given up.
 */
export const WATCH_SECONDS = 25;

/** Fewer, larger pages: each costs kube-apiserver some milliseconds, whatever it holds (100,000 accounts: 3 s for 5). */
export const PAGE = 1000;

/** One page of the list. */
export const LIST_MS = 30_000;
export interface SourceOptions {
  /** How long the apiserver is asked to keep a watch open. */
  readonly watchSeconds?: number;
  /** After so long without a byte a connection is taken for dead. */
  readonly silenceMs?: number;
}

/** A kind of objects. */
export interface Kind {
  /** Of its collection in the API: segments. */
  readonly path: readonly string[];
  /** The one object that is asked for; default all. A right that names it is enough then. */
  readonly name?: string;
  readonly project: Projector;
  /** For all that a list finds; what there is no room for is left out. */
  readonly maxBytes: number;
  /** Whether more than metadata is asked for. */
  readonly whole?: true;
}

/** All objects of a kind by list and watch. */
export function annotatedSource(
  kubeConfig: KubeConfig,
  kind: Kind,
  { watchSeconds = WATCH_SECONDS, silenceMs = SILENCE_MS }: SourceOptions = {},
): Source<CachedObject> {
  const api = makeApi(kubeConfig);
  return {
    list: (signal) => listAll(api, kind, signal),
    watch: async (resourceVersion, onEvent, signal) => {
      const silence = new AbortController();
      const timer = setTimeout(() => silence.abort(new DOMException('silence', 'TimeoutError')), silenceMs);
      const query = {
        ...{ watch: 'true', resourceVersion, allowWatchBookmarks: 'true', timeoutSeconds: `${watchSeconds}` },
        ...chosen(kind),
      };
      const ask = { path: kind.path, query, kind: kind.whole ? 'whole' : 'PartialObjectMetadata' } as const;
      try {
        const pieces = await api({ ...ask, signal: AbortSignal.any([signal, silence.signal]) });
        const lines = readLines(
          heard(pieces, () => timer.refresh()),
          LIMITS.objectBytes,
        );
        for await (const line of lines) onEvent(toEvent(line, kind.project));
      } catch (error) {
        // The end that was asked for is no failure.
        if (!signal.aborted) throw silence.signal.aborted ? silence.signal.reason : error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Page by page. One that is too large is asked for again with half as many objects, down to one. */
export async function listAll(api: Api, kind: Kind, signal: AbortSignal): Promise<Listed<CachedObject>> {
  const { project, maxBytes } = kind;
  const room = makeKeptObjects(maxBytes);
  const items: CachedObject[] = [];
  let leftOut = 0;
  let token: string | undefined;
  let limit = PAGE;
  for (;;) {
    const text = await readPage(api, kind, { limit, token, signal });
    if (text === undefined) {
      limit = Math.ceil(limit / 2);
      continue;
    }
    const { items: found, metadata } = JSON.parse(text) as Page;
    for (const object of found ?? []) {
      const known = project(object);
      if (room.set(known.key, known.annotations)) items.push(known);
      else leftOut++;
    }
    token = metadata?.continue;
    if (!token) return { items, leftOut, resourceVersion: metadata?.resourceVersion ?? '' };
    limit = Math.min(PAGE, 2 * limit);
  }
}

/** What is no JSON, or has no resourceVersion, is no event: a proxy may have put it there. */
export function toEvent(line: string, project: Projector): WatchEvent<CachedObject> {
  const { type, object } = parse(line);
  const resourceVersion = object?.metadata?.resourceVersion;
  if (!object || !resourceVersion) return { type: 'ERROR', code: object?.code };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED')
    return { type, object: project(object), resourceVersion };
  if (type === 'BOOKMARK') return { type, resourceVersion };
  return { type: 'ERROR', code: object.code };
}
export const SILENCE_MS = 30_000;

/** What is read of an object. */
export interface Annotated {
  readonly metadata?: {
    name?: string;
    namespace?: string;
    annotations?: Record<string, string>;
    resourceVersion?: string;
  };
  /** Only where the whole object is asked for. */
  readonly spec?: unknown;
}

/** What is kept of an object. */
export interface CachedObject {
  readonly key: string;
  readonly annotations: Annotations;
}

/** Of an object as the API gives it, what is kept: at once, since a cluster's objects whole would take the memory. */
export type Projector = (object: Annotated) => CachedObject;

/** RBAC takes such a selector for the object's name (apiserver, endpoints/request, requestinfo.go). */
export const chosen = ({ name }: Kind): { fieldSelector?: string } =>
  name === undefined ? {} : { fieldSelector: `metadata.name=${name}` };
export async function* heard(pieces: Pieces, onPiece: () => void): Pieces {
  for await (const piece of pieces) {
    onPiece();
    yield piece;
  }
}
export interface Page {
  /** `null` where there are none and metadata alone is asked for. */
  readonly items?: readonly Annotated[] | null;
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
}
export interface PageRequest {
  readonly limit: number;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/** Undefined: it is too large, and there may be a smaller one. */
export async function readPage(api: Api, kind: Kind, page: PageRequest): Promise<string | undefined> {
  const { path, whole } = kind;
  const { limit, token, signal } = page;
  const query = { limit: `${limit}`, continue: token, ...chosen(kind) };
  const pieces = await api({
    ...{ path, kind: whole ? 'whole' : 'PartialObjectMetadataList', query },
    signal: AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]),
  });
  const text = await readText(pieces, limit > 1 ? LIMITS.pageBytes : LIMITS.objectBytes);
  if (text !== undefined || limit > 1) return text;
  throw new CodedError('LookupFailed', `An object's metadata has more than ${LIMITS.objectBytes} bytes.`);
}
export function parse(line: string): {
  readonly type?: string;
  readonly object?: Annotated & { readonly code?: number };
} {
  try {
    return (JSON.parse(line) ?? {}) as object;
  } catch {
    return {};
  }
}
