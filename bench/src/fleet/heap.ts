/** A binary heap of (time, member) in typed arrays: millions of events a second, no garbage. */
export interface EventHeap {
  readonly size: () => number;
  /** Of the earliest event. Only where `size() > 0`. */
  readonly time: () => number;
  readonly push: (time: number, member: number) => void;
  /** Takes the earliest event out; gives its member. */
  readonly pop: () => number;
}

/** `capacity`: how many events it holds at most. */
export function makeEventHeap(capacity: number): EventHeap {
  // The root stands at 1, so that the parent of i is i >> 1.
  const times = new Float64Array(capacity + 2);
  const members = new Int32Array(capacity + 2);
  let size = 0;
  const at = (index: number): number => times[index] ?? Infinity;

  function put(index: number, time: number, member: number): void {
    times[index] = time;
    members[index] = member;
  }

  function move(from: number, to: number): void {
    put(to, at(from), members[from] ?? 0);
  }

  return {
    size: () => size,
    time: () => at(1),
    push: (time, member) => {
      if (size >= capacity) throw new RangeError(`more than ${capacity} events`);
      let index = ++size;
      for (; index > 1 && at(index >> 1) > time; index >>= 1) move(index >> 1, index);
      put(index, time, member);
    },
    pop: () => {
      const first = members[1] ?? 0;
      const time = at(size);
      const member = members[size] ?? 0;
      size -= 1;
      let index = 1;
      for (;;) {
        let child = index * 2;
        if (child > size) break;
        if (child < size && at(child + 1) < at(child)) child += 1;
        if (at(child) >= time) break;
        move(child, index);
        index = child;
      }
      put(index, time, member);
      return first;
    },
  };
}
