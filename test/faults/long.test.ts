/** Faults of long duration and of clocks: the sidecar's core on a simulated clock. */
import type { ErrorCode } from '@rolechain/shared';
import { HOUR, makeSimWorld, MINUTE, SECOND, seeded, type SimWorld } from './sim-world.ts';
import { expectGoals, MENDED_GOAL_MS, tableOf, TRANSIENT_GOAL_MS, type Row } from './table.ts';

const rows: Row[] = [];
afterAll(() => process.stdout.write(`\n${tableOf(rows)}\n\n`));

function judge(fault: string, world: SimWorld, endedAt: number, goalMs: number): void {
  const errors = world.seen.filter(({ status }) => status !== 200);
  const good = world.seen.find(({ at, status }) => at >= endedAt && status === 200);
  const errorsWithSession = errors.filter(({ hadSession }) => hadSession).length;
  const row = {
    fault,
    errorsWithSession,
    errorsWithout: errors.length - errorsWithSession,
    recoveryMs: good ? good.at - endedAt : Infinity,
    goalMs,
  };
  rows.push(row);
  expectGoals(row);
}

/** Until just before the next refresh: a fault then meets a session with the least time left. */
async function runToRefresh(world: SimWorld): Promise<void> {
  await world.run(2 * SECOND);
  const before = world.fetches.length;
  while (world.fetches.length < before + 1) await world.run(SECOND);
}

const OUTAGES: readonly (readonly [string, ErrorCode, number, number, number])[] = [
  ['STS down 40 min from a refresh on', 'StsUnreachable', 100, 40 * MINUTE, TRANSIENT_GOAL_MS],
  ['STS hangs 40 min, each try to its time-out', 'StsUnreachable', 5_000, 40 * MINUTE, TRANSIENT_GOAL_MS],
  ['STS throttles 40 min', 'StsThrottled', 100, 40 * MINUTE, TRANSIENT_GOAL_MS],
  ['STS throttles 15 min', 'StsThrottled', 100, 15 * MINUTE, TRANSIENT_GOAL_MS],
  ['no association for 2 h', 'AgentNoAssociation', 100, 2 * HOUR, MENDED_GOAL_MS],
  ['trust removed for 2 h', 'StsAccessDenied', 100, 2 * HOUR, MENDED_GOAL_MS],
];

test.each(OUTAGES)('%s', async (fault, code, takesMs, lasts, goalMs) => {
  const world = makeSimWorld(seeded(7));
  await runToRefresh(world);
  // The refresh that has just begun is good; the fault begins right before the next.
  await world.run(40 * MINUTE - 10 * SECOND);
  world.fail(code, takesMs);
  await world.run(lasts);
  const endedAt = world.clock.uptime();
  world.fail(undefined);
  await world.run(2 * MINUTE);
  judge(fault, world, endedAt, goalMs);
});

test.each([
  ['clock 10 min ahead', 10 * MINUTE],
  ['clock 10 min behind', -10 * MINUTE],
])('%s', async (fault, jump) => {
  const world = makeSimWorld(seeded(7));
  world.clock.jump(jump);
  await world.run(5 * HOUR);
  judge(fault, world, 1 * SECOND, TRANSIENT_GOAL_MS);
  expect(Math.min(...world.fetches.slice(1).map(({ left }) => left))).toBeGreaterThan(0);
});

test('clock jumps by 10 min to and fro', async () => {
  const world = makeSimWorld(seeded(7));
  for (const jump of [10, -20, 20, -10, 3, -3]) {
    world.clock.jump(jump * MINUTE);
    await world.run(17 * MINUTE);
  }
  judge('clock jumps by 10 min to and fro', world, 1 * SECOND, TRANSIENT_GOAL_MS);
});

test('24 hours: a refresh every 40 minutes, each long before the end', async () => {
  const world = makeSimWorld(seeded(7));
  await world.clock.advance(24 * HOUR);
  expect([36, 37]).toContain(world.fetches.length);
  expect(Math.min(...world.fetches.slice(1).map(({ left }) => left))).toBeGreaterThan(19 * MINUTE);
});

test('a machine that slept for 3 h fetches at the first request', async () => {
  const world = makeSimWorld(() => 1 - 1e-12);
  await world.run(MINUTE);
  const before = world.fetches.length;
  // Timers stand still while a machine sleeps; the clock does not.
  world.clock.jump(3 * HOUR);
  await world.run(SECOND);
  expect(world.fetches.length).toBe(before + 1);
});
