/** Faults of long duration and of clocks: the sidecar's core on a simulated clock. */
import type { ErrorCode } from '@rolechain/shared';
import type { RolePlan } from '../../sidecar/src/model/plan.ts';
import { seeded } from '@rolechain/kit/seeded.ts';
import {
  hop,
  HOUR,
  makeSimWorld,
  MINUTE,
  role,
  SECOND,
  type Place,
  type SimOptions,
  type SimWorld,
} from './sim-world.ts';
import { expectGoals, MENDED_GOAL_MS, tell, TRANSIENT_GOAL_MS, type Row } from './table.ts';

const rows: Row[] = [];
afterAll(() => tell('simulated clock', rows));

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

const IRSA: RolePlan = {
  name: 'default',
  startup: 'proceed',
  source: {
    type: 'irsa',
    roleARN: 'arn:aws:iam::111111111111:role/base',
    stsRegion: 'eu-central-1',
    sessionName: 's',
    token: { type: 'projected' },
  },
  hops: [hop('target')],
};
const DIRECT: RolePlan = {
  name: 'default',
  startup: 'proceed',
  webIdentity: { mode: 'only', token: { type: 'projected' } },
  hops: [hop('target', 43_200)],
};

interface Outage {
  readonly fault: string;
  readonly at: Place;
  readonly code: ErrorCode;
  readonly takesMs?: number;
  readonly lasts: number;
  readonly goalMs?: number;
  /** The client has credentials all the time. */
  readonly unseen?: true;
  readonly options?: SimOptions;
}

const OUTAGES: readonly Outage[] = [
  { fault: 'STS down 40 min from a refresh on', at: 'sts', code: 'StsUnreachable', lasts: 40 * MINUTE },
  {
    fault: 'STS hangs 40 min, each try to its time-out',
    at: 'sts',
    code: 'StsUnreachable',
    takesMs: 5_000,
    lasts: 40 * MINUTE,
  },
  { fault: 'STS throttles 40 min', at: 'sts', code: 'StsThrottled', lasts: 40 * MINUTE },
  { fault: 'STS throttles 15 min', at: 'sts', code: 'StsThrottled', lasts: 15 * MINUTE, unseen: true },
  { fault: 'no association for 2 h', at: 'agent', code: 'AgentNoAssociation', lasts: 2 * HOUR, goalMs: MENDED_GOAL_MS },
  { fault: 'trust removed for 2 h', at: 'sts', code: 'StsAccessDenied', lasts: 2 * HOUR, goalMs: MENDED_GOAL_MS },
  {
    fault: 'agent down 4 h, its credentials valid for 6 h',
    at: 'agent',
    code: 'AgentUnreachable',
    lasts: 4 * HOUR,
    unseen: true,
  },
  {
    fault: 'agent hangs 4 h, its credentials valid for 6 h',
    at: 'agent',
    code: 'AgentUnreachable',
    takesMs: 5_000,
    lasts: 4 * HOUR,
    unseen: true,
  },
  { fault: 'agent down 8 h, its credentials expire meanwhile', at: 'agent', code: 'AgentUnreachable', lasts: 8 * HOUR },
  {
    fault: 'token file of the agent unreadable 4 h',
    at: 'agent',
    code: 'BaseTokenUnreadable',
    lasts: 4 * HOUR,
    unseen: true,
  },
  {
    fault: 'IRSA: token file unreadable 50 min',
    at: 'token',
    code: 'BaseTokenUnreadable',
    lasts: 50 * MINUTE,
    unseen: true,
    options: { roles: [IRSA] },
  },
  {
    fault: 'IRSA: token file half-written 50 min',
    at: 'token',
    code: 'BaseTokenMalformed',
    lasts: 50 * MINUTE,
    unseen: true,
    options: { roles: [IRSA] },
  },
  {
    fault: 'IRSA: STS refuses a whole token 15 min',
    at: 'token',
    code: 'StsTokenRejected',
    lasts: 15 * MINUTE,
    unseen: true,
    options: { roles: [IRSA] },
  },
  {
    fault: "IRSA: the token's account is gone 2 h",
    at: 'token',
    code: 'TokenRequestAccountMissing',
    lasts: 2 * HOUR,
    goalMs: MENDED_GOAL_MS,
    options: { roles: [IRSA] },
  },
  {
    fault: 'session of 15 min, STS down 10 min',
    at: 'sts',
    code: 'StsUnreachable',
    lasts: 10 * MINUTE,
    options: { roles: [role('default', hop('target', 900))] },
  },
  {
    fault: 'session of 12 h, STS down 2 h',
    at: 'sts',
    code: 'StsUnreachable',
    lasts: 2 * HOUR,
    unseen: true,
    options: { roles: [DIRECT] },
  },
  {
    fault: 'a hop of 15 min, STS throttles 10 min',
    at: 'sts',
    code: 'StsThrottled',
    lasts: 10 * MINUTE,
    unseen: true,
    options: { roles: [role('default', hop('via', 900), hop('target'))] },
  },
];

test.each(OUTAGES)(
  '$fault',
  async ({ fault, at, code, takesMs = 100, lasts, goalMs = TRANSIENT_GOAL_MS, unseen, options }) => {
    const world = makeSimWorld(seeded(7), options);
    await runToRefresh(world);
    await world.run(SECOND);
    // The refresh that has just begun is good; the fault begins right before the next.
    const next = (world.ends.at(-1)?.nextAt ?? 0) - world.clock.now();
    await world.run(next - 10 * SECOND);
    world.fail(at, code, takesMs);
    await world.run(lasts);
    const endedAt = world.clock.uptime();
    world.fail(at, undefined);
    await world.run(2 * MINUTE);
    judge(fault, world, endedAt, goalMs);
    if (unseen) expect(world.seen.filter(({ status }) => status !== 200)).toEqual([]);
  },
);

test.each([
  ['clock 50 min ahead', 50 * MINUTE],
  ['clock 50 min behind', -50 * MINUTE],
])('%s', async (fault, offMs) => {
  const world = makeSimWorld(seeded(7), { offMs });
  await world.run(5 * HOUR);
  judge(fault, world, 1 * SECOND, TRANSIENT_GOAL_MS);
  expect(Math.min(...world.fetches.slice(1).map(({ left }) => left))).toBeGreaterThan(0);
});

test('clock jumps by 50 min to and fro', async () => {
  const world = makeSimWorld(seeded(7));
  for (const jump of [50, -100, 100, -50, 3, -3]) {
    world.clock.jump(jump * MINUTE);
    await world.run(17 * MINUTE);
  }
  judge('clock jumps by 50 min to and fro', world, 1 * SECOND, TRANSIENT_GOAL_MS);
});

const targets = (world: SimWorld, name: string): number => world.calls.filter(({ to }) => to.endsWith(name)).length;

test.each<[string, SimOptions]>([
  ['Pod Identity, credentials of 6 h', {}],
  ['Pod Identity, credentials of 1 h', { baseMs: HOUR }],
  ['IRSA', { roles: [IRSA] }],
])('24 hours, %s: a refresh every 40 minutes, each long before the end', async (_name, options) => {
  const world = makeSimWorld(seeded(7), options);
  await world.clock.advance(24 * HOUR);
  expect([36, 37]).toContain(world.fetches.length);
  expect(targets(world, 'target') / 24).toBeLessThanOrEqual(1.6);
  expect(Math.min(...world.fetches.slice(1).map(({ left }) => left))).toBeGreaterThan(19 * MINUTE);
});

test('24 hours, a source that hands out nearly ended credentials: 6 calls an hour at most', async () => {
  const world = makeSimWorld(seeded(7), { baseMs: 2 * SECOND });
  await world.clock.advance(24 * HOUR);
  expect(targets(world, 'target')).toBeLessThanOrEqual(24 * 6 + 2);
});

test('24 hours, two roles that share a hop: it is called about once a period', async () => {
  const roles = [role('default', hop('via'), hop('one')), role('audit', hop('via'), hop('two'))];
  const world = makeSimWorld(seeded(7), { roles });
  await world.clock.advance(24 * HOUR);
  for (const name of ['via', 'one', 'two']) expect(targets(world, name) / 24).toBeLessThanOrEqual(1.6);
});

test('200 cold requests of two roles: one call a hop, and the agent asked once', async () => {
  const roles = [role('default', hop('via'), hop('one')), role('audit', hop('via'), hop('two'))];
  const world = makeSimWorld(seeded(7), { roles });
  const asked = Promise.all(Array.from({ length: 200 }, (_, i) => world.ask(i % 2 ? 'audit' : 'default')));
  await world.clock.advance(SECOND);
  await asked;
  expect(world.seen.map(({ status }) => status)).toEqual(Array.from({ length: 200 }, () => 200));
  for (const name of ['agent', 'via', 'one', 'two']) expect(targets(world, name)).toBe(1);
});

test.each<[string, Place, ErrorCode, number]>([
  ['association not there yet for 20 s', 'agent', 'AgentNoAssociation', TRANSIENT_GOAL_MS],
  ['association not there yet for 90 s', 'agent', 'AgentNoAssociation', TRANSIENT_GOAL_MS],
  ['fresh trust policy not there yet for 20 s', 'sts', 'StsAccessDenied', MENDED_GOAL_MS],
])('from the start: %s', async (fault, place, code, goalMs) => {
  const world = makeSimWorld(seeded(7), { fault: [place, code] });
  await world.run(fault.includes('90') ? 90 * SECOND : 20 * SECOND);
  const endedAt = world.clock.uptime();
  world.fail(place, undefined);
  await world.run(2 * MINUTE);
  judge(fault, world, endedAt, goalMs);
});

test('a machine that slept for 3 h fetches at the first request', async () => {
  const world = makeSimWorld(() => 1 - 1e-12);
  await world.run(MINUTE);
  const before = world.fetches.length;
  world.sleep(3 * HOUR);
  await world.run(SECOND);
  expect(world.fetches.length).toBe(before + 1);
});

test('a machine that slept for 3 h and that nobody asks fetches within a minute', async () => {
  const world = makeSimWorld(() => 1 - 1e-12);
  await world.run(MINUTE);
  const before = world.fetches.length;
  world.sleep(3 * HOUR);
  await world.clock.advance(MINUTE);
  expect(world.fetches.length).toBe(before + 1);
});
