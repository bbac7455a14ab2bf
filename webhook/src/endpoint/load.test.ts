import fc from 'fast-check';
import { makeLoad, type Share } from './load.ts';

test('over the budget the longest at work gives way, once, and its share is free at once', () => {
  const gone: string[] = [];
  const load = makeLoad(100);
  const [first, second, third] = ['first', 'second', 'third'].map((name) => load.begin(() => gone.push(name)));
  second?.hold(40);
  first?.hold(40);
  third?.hold(20);
  expect(gone).toEqual([]);
  third?.hold(1);
  expect([gone, load.held()]).toEqual([['first'], 61]);
  first?.hold(1000);
  expect([gone, load.held()]).toEqual([['first'], 61]);
  second?.end();
  second?.end();
  expect([gone, load.held()]).toEqual([['first'], 21]);
});

test('what is too much alone gives way itself', () => {
  const gone: string[] = [];
  const load = makeLoad(100);
  load.begin(() => gone.push('alone')).hold(101);
  expect([gone, load.held()]).toEqual([['alone'], 0]);
});

type Step = { readonly at: number; readonly bytes: number } | { readonly at: number; readonly end: true } | 'begin';

test('never more than the budget is held, and what is held is the sum of those that are left', () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.constant('begin' as const),
    fc.record({ at: fc.nat(20), bytes: fc.nat(60) }),
    fc.record({ at: fc.nat(20), end: fc.constant(true as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const load = makeLoad(100);
      const all: { share: Share; bytes: number; open: boolean }[] = [];
      for (const each of steps) {
        if (each === 'begin') {
          const entry = { bytes: 0, open: true };
          const share = load.begin(
            () => (all[index] = Object.assign(all[index] ?? { share }, { open: false, bytes: 0 })),
          );
          const index = all.push(Object.assign(entry, { share })) - 1;
          continue;
        }
        const entry = all[each.at];
        if (!entry?.open) continue;
        if ('end' in each) {
          Object.assign(entry, { open: false, bytes: 0 });
          entry.share.end();
        } else {
          entry.bytes += each.bytes;
          entry.share.hold(each.bytes);
        }
        expect(load.held()).toBe(all.reduce((sum, { bytes }) => sum + bytes, 0));
        expect(load.held()).toBeLessThanOrEqual(100);
        // Anyone who is left is newer than anyone who gave way, unless that one held too much alone.
      }
    }),
  );
});
