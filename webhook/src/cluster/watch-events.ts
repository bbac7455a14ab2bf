/** The events of one watch, as the apiserver writes them: a line of JSON each. */
import { LIMITS } from '@rolechain/shared';
import { readLines, type Api, type Pieces } from './api.ts';
import { chosen, type Annotated, type CachedObject, type Kind, type Projector } from './kind.ts';
import type { WatchEvent } from './reflector.ts';

export interface WatchAsk {
  readonly query: Readonly<Record<string, string>>;
  /** After so long without a byte the connection is taken for dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** As they come in. Ends where the apiserver ends the watch in order. Rejects where the connection breaks, goes silent or a line is too long. */
export async function* watchEvents(
  api: Api,
  kind: Kind,
  ask: WatchAsk,
): AsyncGenerator<readonly WatchEvent<CachedObject>[]> {
  const { silenceMs, signal } = ask;
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new DOMException('silence', 'TimeoutError')), silenceMs);
  const query = { watch: 'true', allowWatchBookmarks: 'true', ...ask.query, ...chosen(kind) };
  try {
    const pieces = await api({
      ...{ path: kind.path, query, kind: kind.whole ? 'whole' : 'PartialObjectMetadata' },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const lines = readLines(
      heard(pieces, () => timer.refresh()),
      LIMITS.objectBytes,
    );
    for await (const some of lines) yield some.map((line) => toEvent(line, kind.project));
  } catch (error) {
    throw silence.signal.aborted ? silence.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

async function* heard(pieces: Pieces, onPiece: () => void): Pieces {
  for await (const piece of pieces) {
    onPiece();
    yield piece;
  }
}

/** Of the bookmark behind the last object that was there when a list by watch began (KEP-3157). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** What is no JSON, or has no resourceVersion, is no event: a proxy may have put it there. */
function toEvent(line: string, project: Projector): WatchEvent<CachedObject> {
  const { type, object } = parse(line);
  const resourceVersion = object?.metadata?.resourceVersion;
  if (!object || !resourceVersion) return { type: 'ERROR', code: object?.code };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED')
    return { type, object: project(object), resourceVersion };
  if (type !== 'BOOKMARK') return { type: 'ERROR', code: object.code };
  const endsList = object.metadata.annotations?.[INITIAL_EVENTS_END] === 'true';
  return { type, resourceVersion, ...(endsList ? { endsList } : {}) };
}

function parse(line: string): {
  readonly type?: string;
  readonly object?: Annotated & { readonly code?: number };
} {
  try {
    return (JSON.parse(line) ?? {}) as object;
  } catch {
    return {};
  }
}
