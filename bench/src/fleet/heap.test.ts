import fc from 'fast-check';
import { makeEventHeap } from './heap.ts';

test('gives events back in the order of their times, each once', () => {
  const times = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 200 });
  fc.assert(
    fc.property(times, (list) => {
      const heap = makeEventHeap(list.length);
      list.forEach((time, index) => heap.push(time, index));
      const members: number[] = [];
      const popped: number[] = [];
      while (heap.size() > 0) {
        popped.push(heap.time());
        members.push(heap.pop());
      }
      expect(popped).toEqual([...list].sort((a, b) => a - b));
      expect(members.map((member) => list[member])).toEqual(popped);
      expect(new Set(members).size).toBe(list.length);
    }),
  );
});

test('refuses more events than it was made for', () => {
  const heap = makeEventHeap(1);
  heap.push(1, 1);
  expect(() => heap.push(2, 2)).toThrow(RangeError);
});
