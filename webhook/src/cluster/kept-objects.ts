/** A map of what is known of a cluster's objects, within bounds: anyone who may write objects may write many, and large ones. */
import type { Annotations } from '../objects/annotations.ts';
import type { CachedObject } from './kind.ts';

export interface KeptObjects {
  /**
   * Keeps it, in the place of what was known under this key; false where there is no room, and nothing is known then. What
   * is large takes no more than half of the room, so that a few hostile objects don't displace all the others.
   */
  readonly set: (key: string, annotations: Annotations) => boolean;
  readonly get: (key: string) => Annotations | undefined;
  readonly delete: (key: string) => void;
  readonly size: () => number;
  /** In the order in which they were set last. */
  readonly all: () => CachedObject[];
}

/** Beside its texts an entry takes about so much: the map's slot, the object and the heads of its texts. */
const ENTRY_BYTES = 256;
const LARGE_BYTES = 4096;

export function makeKeptObjects(maxBytes: number): KeptObjects {
  const objects = new Map<string, Annotations>();
  let total = 0;
  const remove = (key: string): void => {
    const old = objects.get(key);
    if (old === undefined) return;
    total -= weigh(key, old);
    objects.delete(key);
  };
  return {
    set: (key, annotations) => {
      remove(key);
      const bytes = weigh(key, annotations);
      if (total + bytes > (bytes > LARGE_BYTES ? maxBytes / 2 : maxBytes)) return false;
      objects.set(key, annotations);
      total += bytes;
      return true;
    },
    get: (key) => objects.get(key),
    delete: remove,
    size: () => objects.size,
    all: () => Array.from(objects, ([key, annotations]) => ({ key, annotations })),
  };
}

/** Two bytes a character, which a text needs that isn't Latin-1. */
function weigh(key: string, annotations: Annotations): number {
  let chars = key.length;
  for (const text of Object.values(annotations)) chars += text.length;
  return ENTRY_BYTES + 2 * chars;
}
