import { LIMITS } from '@rolechain/shared';

/** The annotations that are kept of an object. */
export type Annotations = Readonly<Record<string, string>>;

const NONE: Annotations = Object.freeze({});

/** Those of these keys alone: a cache of a whole cluster holds no more. */
export function keep(annotations: Annotations | undefined, keys: readonly string[]): Annotations {
  let kept: Record<string, string> | undefined;
  // Most objects of a long list have none of them: nothing is made for those.
  for (const key of keys) {
    const text = annotations?.[key];
    if (text !== undefined) (kept ??= {})[key] = text;
  }
  return kept ?? NONE;
}

/**
 * Stands for a value that is over its limit: over every limit itself, so that it is refused with the code that the value
 * would be. One text for all of them, however many objects have one.
 */
const OVER_LIMIT = ' '.repeat(LIMITS.annotationBytes + 1);

/** The same, and of a value only what some reader of it may accept. */
export function keepBounded(annotations: Annotations | undefined, keys: readonly string[]): Annotations {
  const kept = keep(annotations, keys);
  if (kept === NONE || Object.values(kept).every(({ length }) => length < OVER_LIMIT.length)) return kept;
  return Object.fromEntries(
    Object.entries(kept).map(([key, text]) => [key, text.length < OVER_LIMIT.length ? text : OVER_LIMIT]),
  );
}
