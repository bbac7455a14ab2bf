import type { Sink } from './reflector.ts';

export interface Watching<T> {
  /** The apiserver was heard of. */
  readonly heard: () => void;
  /** Of each object, whenever it is there or has changed. */
  readonly seen?: (item: T) => void;
}

/** The same sink, with others told of what goes into it. */
export function watchedSink<T>(sink: Sink<T>, { heard, seen }: Watching<T>): Sink<T> {
  return {
    replace: (items) => {
      sink.replace(items);
      if (seen) for (const item of items) seen(item);
    },
    upsert: (item) => {
      sink.upsert(item);
      seen?.(item);
    },
    remove: (item) => {
      sink.remove(item);
    },
    contact: () => {
      sink.contact();
      heard();
    },
  };
}
