/**
 * A list by a watch that begins with all that is there (KEP-3157): kube-apiserver writes it from its cache, object by
 * object, in half the time that pages take (`bench accounts`), and neither side holds the whole of it.
 */
import { statusOf } from '@rolechain/certs';
import type { Api } from './api.ts';
import { makeKeptObjects } from './kept-objects.ts';
import type { CachedObject, Kind } from './kind.ts';
import type { Listed } from './reflector.ts';
import { watchEvents } from './watch-events.ts';

/** The whole of it: what takes longer comes in pages, each of which has its own time. */
const LIST_SECONDS = 30;
/** The last object is followed by a bookmark at once, unless the apiserver's cache is behind etcd. */
const SILENCE_MS = 10_000;

export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly seconds?: number;
  readonly silenceMs?: number;
}

/**
 * Undefined: this apiserver doesn't list so (Kubernetes 1.33 answers 422), or what it began came to no end; pages say what
 * there is. Rejects on answers that a page would get, too.
 */
export async function listStream(
  api: Api,
  kind: Kind,
  { signal, seconds = LIST_SECONDS, silenceMs = SILENCE_MS }: StreamOptions,
): Promise<Listed<CachedObject> | undefined> {
  const query = {
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    timeoutSeconds: `${seconds}`,
  };
  // The apiserver ends it at that time; what stands between may not.
  const late = AbortSignal.timeout(1000 * seconds + silenceMs);
  const found = makeFound(kind.maxBytes);
  try {
    for await (const events of watchEvents(api, kind, { query, silenceMs, signal: AbortSignal.any([signal, late]) })) {
      for (const event of events) {
        if (event.type === 'ERROR') return undefined;
        // Between its objects it may tell of what happens to them meanwhile.
        if (event.type === 'DELETED') found.delete(event.object);
        else if (event.type !== 'BOOKMARK') {
          if (!found.set(event.object)) return undefined;
        } else if (event.endsList) return { by: 'stream', ...found.all(), resourceVersion: event.resourceVersion };
      }
    }
    return undefined;
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && !REFUSES.has(status)) throw error;
    return undefined;
  }
}

/** To a parameter that it doesn't know, whose feature is off; to a watch, where the right to list may be there. */
const REFUSES = new Set([400, 422, 403]);

/**
 * The names of objects that there was no room for: each may come again, and is counted once. Pages have each once, and need no
 * names: a cluster with more of them is listed so.
 */
const LEFT_OUT_BYTES = 2 ** 20;

/** The objects of a list, each once, within bounds. */
function makeFound(maxBytes: number): {
  /** False where more is left out than there is room to tell apart. */
  readonly set: (object: CachedObject) => boolean;
  readonly delete: (object: CachedObject) => void;
  readonly all: () => Pick<Listed<CachedObject>, 'items' | 'leftOut'>;
} {
  const room = makeKeptObjects(maxBytes);
  const leftOut = makeKeptObjects(LEFT_OUT_BYTES);
  return {
    delete: ({ key }) => {
      room.delete(key);
      leftOut.delete(key);
    },
    set: ({ key, annotations }) => {
      if (!room.set(key, annotations)) return leftOut.set(key, {});
      leftOut.delete(key);
      return true;
    },
    all: () => ({ items: room.all(), leftOut: leftOut.size() }),
  };
}
