import { seeded } from '@rolechain/kit/seeded.ts';
import { simulateFleet, type FleetOptions } from './simulate.ts';

const HOUR = 3_600_000;
const FLEET: FleetOptions = {
  pods: 500,
  hours: 6,
  startWithinMs: 60_000,
  sessionMs: HOUR,
  random: seeded(7),
};
const sum = (values: Int32Array): number => values.reduce((total, value) => total + value, 0);

test('each pod renews its session of an hour every 40 minutes', () => {
  const { callsPerSecond, triesPerSecond, everWithout } = simulateFleet(FLEET);
  // The first call and one at a random phase, then (6 h - the phase) / 40 min: 9 or 10 of a pod.
  expect(sum(callsPerSecond) / FLEET.pods).toBeGreaterThan(9);
  expect(sum(callsPerSecond) / FLEET.pods).toBeLessThan(10);
  expect(triesPerSecond).toEqual(callsPerSecond);
  expect(everWithout).toBe(0);
});

test('an STS that refuses all for longer than a session has left leaves pods without', () => {
  const throttle = { from: 2 * HOUR, to: 3 * HOUR, perSecond: 0 };
  const { everWithout, callsPerSecond, triesPerSecond } = simulateFleet({ ...FLEET, throttle });
  const within = (seconds: Int32Array): number => sum(seconds.subarray(7200, 10_800));
  expect(within(callsPerSecond)).toBe(0);
  expect(within(triesPerSecond)).toBeGreaterThan(FLEET.pods);
  expect(everWithout).toBeGreaterThan(0);
});

test('half the needed rate for half an hour is survived by each pod', () => {
  const needed = FLEET.pods / (40 * 60);
  const throttle = { from: 2 * HOUR, to: 2.5 * HOUR, perSecond: needed / 2 };
  expect(simulateFleet({ ...FLEET, throttle }).everWithout).toBe(0);
});
