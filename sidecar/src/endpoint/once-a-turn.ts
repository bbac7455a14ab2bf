/**
 * Makes a value once for all who ask in one turn of the event loop: however many connections have a request waiting, they
 * share it. A promise is shared the same way, by those who ask in the turn in which it was made.
 */
export function onceATurn<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    if (made === undefined) {
      made = { value: make() };
      setImmediate(() => (made = undefined));
    }
    return made.value;
  };
}
