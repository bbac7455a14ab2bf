/** The annotations that are kept of an object. */
export type Annotations = Readonly<Record<string, string>>;

const NONE: Annotations = Object.freeze({});

/** Those of these keys alone: a cache of a whole cluster holds no more. */
export function keep(annotations: Annotations | undefined, keys: readonly string[]): Annotations {
  const kept = keys.flatMap((key) => (annotations?.[key] === undefined ? [] : [[key, annotations[key]] as const]));
  return kept.length > 0 ? Object.fromEntries(kept) : NONE;
}
