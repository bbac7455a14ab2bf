/** `bench fleet`: what a fleet of sidecars asks of STS in a day, and what a throttling STS does to it. */
import { atMost, told, type BenchOptions, type Part, type Row } from '../row.ts';
import { seeded } from '@rolechain/kit/seeded.ts';
import { simulateFleet, type FleetOptions } from './simulate.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A session of an hour is renewed after 40 minutes. */
const CALLS_PER_MS = 1 / (40 * MINUTE);
/** Minutes of the sixth hour at which the throttling begins: the goal is to hold wherever in the fleet's period. */
const PHASES = [0, 10, 20, 30];

export const fleet: Part = { name: 'fleet', run: async (options) => Promise.resolve(rows(options)) };

function rows({ short, say }: BenchOptions): Row[] {
  const pods = short ? 2_000 : 100_000;
  const fleetOf = (seed: number): FleetOptions => {
    return { pods, hours: short ? 8 : 24, startWithinMs: MINUTE, sessionMs: HOUR, random: seeded(seed) };
  };
  say(`fleet: ${pods} pods, ${fleetOf(1).hours} h`);
  const day = simulateFleet(fleetOf(1));
  const later = day.callsPerSecond.subarray(3600);
  const mean = sum(later) / later.length;
  const perHour = sum(day.callsPerSecond) / pods / fleetOf(1).hours;
  const perSecond = (pods * CALLS_PER_MS * 1000) / 2;
  const throttled = PHASES.map((minute, index) => {
    const from = 6 * HOUR + minute * MINUTE;
    say(`fleet: throttled to ${perSecond.toFixed(1)} calls/s from hour 6, minute ${minute}`);
    const throttle = { from, to: from + 30 * MINUTE, perSecond };
    return simulateFleet({ ...fleetOf(index + 2), hours: 8, throttle });
  });
  const without = Math.max(...throttled.map(({ everWithout }) => everWithout)) / pods;
  const tries = Math.max(...throttled.flatMap(({ triesPerSecond }) => [...triesPerSecond]));
  return [
    atMost(
      `fleet of ${pods.toLocaleString('en-US')}: peak/mean STS calls a second after the first hour`,
      max(later) / mean,
      2,
    ),
    atMost('fleet: AssumeRole calls per role per hour', perHour, 1.6),
    atMost('fleet: share of pods ever without credentials, STS at half the needed rate for 30 min', without, 0),
    told('fleet: calls a second, mean', mean.toFixed(1)),
    told('fleet: most tries a second while throttled', String(tries), 'of pods whose sessions are about to end'),
    told(
      'fleet: calls for the base identity per role per hour',
      `IRSA ${perHour.toFixed(2)} AssumeRoleWithWebIdentity; Pod Identity 0 of STS`,
      "the EKS agent's own calls go to EKS Auth, once a session of up to 6 h",
    ),
  ];
}

function sum(values: Int32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function max(values: Int32Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
