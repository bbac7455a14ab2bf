/** The fault matrix on a node whose clock is wrong: that of the real process. The SDKs' programs have AWS's time, by which they judge. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATHS } from '@rolechain/shared';
import { shiftedClock, type ShiftedClock } from '../sidecar/clock-shift.ts';
import { OUTAGE } from '../sidecar/bench.ts';
import { logged, testRows, type Fault } from './run.ts';
import type { World } from './world.ts';

/** What AWS's time is known to: whole seconds, at some moment of a call that takes 5 s at most. */
const KNOWN_TO_MS = 6_000;

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function clockOf(ahead: number): ShiftedClock {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-clock-'));
  folders.push(folder);
  return shiftedClock(folder, ahead);
}

const named = (ahead: number): string => `${Math.abs(ahead)} min ${ahead > 0 ? 'ahead' : 'behind'}`;

async function offset({ sidecar }: World): Promise<number> {
  const { body } = await sidecar().health(PATHS.metrics);
  return Number(/^rolechain_clock_offset_seconds (\S+)$/m.exec(body)?.[1] ?? NaN);
}

/** By AWS's clock. Go's SDK tells an end that is 5 minutes earlier than what it was given (its ExpiryWindow). */
function noneEnded({ clients }: World): void {
  const telling = clients.filter(({ name }) => name !== 'Go');
  const ended = telling.flatMap(({ results }) =>
    results.filter(({ ok, from, expires = Infinity }) => ok && expires < from - KNOWN_TO_MS),
  );
  expect(ended).toEqual([]);
}

/** STS has refused no signature but the first. */
function refusedOnce({ sts }: World): void {
  const refused = sts.requests.flatMap(({ answer }, index) => (answer === 'SignatureDoesNotMatch' ? [index] : []));
  expect(refused.filter((index) => index > 0)).toEqual([]);
}

function wrong(ahead: number): Fault {
  const clock = clockOf(ahead);
  return {
    fault: `clock of the node ${named(ahead)}, from the start on`,
    cold: true,
    sessionSeconds: 6,
    lastsMs: 8_000,
    begin: () => undefined,
    end: () => undefined,
    wrap: (programs) => ({ ...programs, environment: { ...programs.environment, ...clock.env } }),
    reached: async (world) => expect(Math.abs((await offset(world)) + ahead * 60)).toBeLessThan(KNOWN_TO_MS / 1000),
    then: (world) => {
      noneEnded(world);
      refusedOnce(world);
    },
  };
}

function jumps(by: number): Fault {
  const clock = clockOf(0);
  return {
    ...wrong(0),
    cold: false,
    fault: `clock of the node jumps to ${named(by)}, and back after 8 s`,
    begin: () => clock.set(by),
    end: () => clock.set(0),
    wrap: (programs) => ({ ...programs, environment: { ...programs.environment, ...clock.env } }),
    reached: (world) => logged('StsClockSkew')(world),
  };
}

function outage(ahead: number): Fault {
  return {
    ...wrong(ahead),
    cold: false,
    fault: `clock of the node ${named(ahead)}, STS answers 503`,
    begin: ({ sts }) => sts.failWhen(() => OUTAGE),
    end: ({ sts }) => sts.heal(),
    reached: logged('StsUnavailable'),
  };
}

testRows("the node's clock", [
  ...[-50, -20, -10, 10, 20, 50].map(wrong),
  ...[-50, 50].map(jumps),
  ...[-50, 50].map(outage),
]);
