/** A list in pages, as every apiserver gives it. */
import { CodedError, LIMITS } from '@rolechain/shared';
import { readText, type Api } from './api.ts';
import { makeKeptObjects } from './kept-objects.ts';
import { chosen, type Annotated, type CachedObject, type Kind } from './kind.ts';
import type { Listed } from './reflector.ts';

/** Fewer, larger pages: each costs kube-apiserver some milliseconds, whatever it holds (100,000 accounts: 3 s for 5). */
export const PAGE = 1000;

/** One page of the list. */
const PAGE_MS = 30_000;

interface Page {
  /** `null` where there are none and metadata alone is asked for. */
  readonly items?: readonly Annotated[] | null;
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
}

/** Page by page. One that is too large is asked for again with half as many objects, down to one. */
export async function listPages(api: Api, kind: Kind, signal: AbortSignal): Promise<Listed<CachedObject>> {
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
    if (!token) return { by: 'pages', items, leftOut, resourceVersion: metadata?.resourceVersion ?? '' };
    limit = Math.min(PAGE, 2 * limit);
  }
}

interface PageRequest {
  readonly limit: number;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/** Undefined: it is too large, and there may be a smaller one. */
async function readPage(api: Api, kind: Kind, page: PageRequest): Promise<string | undefined> {
  const { path, whole } = kind;
  const { limit, token, signal } = page;
  const query = { limit: `${limit}`, continue: token, ...chosen(kind) };
  const pieces = await api({
    ...{ path, kind: whole ? 'whole' : 'PartialObjectMetadataList', query },
    signal: AbortSignal.any([signal, AbortSignal.timeout(PAGE_MS)]),
  });
  const text = await readText(pieces, limit > 1 ? LIMITS.pageBytes : LIMITS.objectBytes);
  if (text !== undefined || limit > 1) return text;
  throw new CodedError('LookupFailed', `An object's metadata has more than ${LIMITS.objectBytes} bytes.`);
}
