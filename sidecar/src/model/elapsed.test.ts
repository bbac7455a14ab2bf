import fc from 'fast-check';
import { uptime as sinceBoot } from 'node:os';
import { makeElapsed } from './elapsed.ts';

test('it counts time awake and asleep, and no jump', () => {
  const step = fc.record({
    awake: fc.nat(3_600_000),
    asleep: fc.oneof(fc.constant(0), fc.nat(10_000_000)),
    jump: fc.oneof(fc.constant(0), fc.integer({ min: -10_000_000, max: 10_000_000 })),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let [up, slept, off] = [0, 0, 1_700_000_000_000];
      let looks = 0;
      const elapsed = makeElapsed({
        wall: () => off + up + slept,
        uptime: () => up,
        sinceBoot: () => {
          looks += 1;
          // /proc/uptime has hundredths of a second.
          return Math.floor((12_345 + up + slept) / 10) * 10;
        },
      });
      let last = elapsed();
      let hidden = 0;
      for (const { awake, asleep, jump } of steps) {
        up += awake;
        slept += asleep;
        off += jump;
        // A sleep that is as long as the jump back beside it is seen with the next of either.
        if (Math.abs(asleep + jump) <= 500) hidden += asleep;
        const now = elapsed();
        expect(now).toBeGreaterThanOrEqual(last);
        expect(now).toBeLessThanOrEqual(up + slept + 20);
        expect(now).toBeGreaterThanOrEqual(up + slept - hidden - 100);
        last = now;
      }
      const apart = steps.filter(({ asleep, jump }) => asleep !== 0 || jump !== 0).length;
      expect(looks).toBeLessThanOrEqual(1 + apart);
    }),
  );
});

test('this machine’s own clocks: it goes as `performance.now` does', () => {
  const uptime = (): number => performance.now();
  const elapsed = makeElapsed({ wall: Date.now, uptime, sinceBoot: () => sinceBoot() * 1000 });
  const before = uptime();
  const between = elapsed();
  expect(between).toBeGreaterThanOrEqual(before);
  expect(between).toBeLessThanOrEqual(uptime() + 100);
});
