/** Single flight: what runs under a key is joined, not started again. Nothing is kept once it has ended. */
export type SingleFlight<T> = (key: string, begin: () => Promise<T>) => Promise<T>;

export function makeSingleFlight<T>(): SingleFlight<T> {
  const running = new Map<string, Promise<T>>();
  return (key, begin) => {
    const joined = running.get(key);
    if (joined) return joined;
    const flight = begin().finally(() => running.delete(key));
    running.set(key, flight);
    return flight;
  };
}
