/** What the sidecar keeps between two refreshes, and what that costs in calls: its core on a simulated clock. */
import type { AgentFirstPlan, RolePlan } from '../../sidecar/src/model/plan.ts';
import { seeded } from '@rolechain/kit/seeded.ts';
import { hop, HOUR, makeSimWorld, MINUTE, role, SECOND, type SimOptions, type SimWorld } from './sim-world.ts';

const BASE = 'arn:aws:iam::111111111111:role/base';
const AGENT_FIRST: AgentFirstPlan = {
  type: 'agent-first',
  roleARN: BASE,
  stsRegion: 'eu-central-1',
  sessionName: 's',
  token: { type: 'projected' },
};
const either = (...hops: RolePlan['hops']): RolePlan => ({
  name: 'default',
  startup: 'proceed',
  source: AGENT_FIRST,
  hops,
});

const calls = (world: SimWorld, name: string): number => world.calls.filter(({ to }) => to.endsWith(name)).length;
const bridged = (world: SimWorld): string | undefined =>
  world.refreshers.get('default')?.offer().session?.bridged?.code;
const errors = (world: SimWorld): unknown[] => world.seen.filter(({ status }) => status !== 200);

const HOUR_LONG = 'a target alone';
test.each<[string, number, SimOptions]>([
  [HOUR_LONG, 36, { roles: [role('default', hop('target'))] }],
  // The last hop's session signs the target's call, and a quarter of it is left at the refresh.
  ['a hop of 15 min', 128, { roles: [role('default', hop('via', 900), hop('target'))] }],
  ['two hops of 15 min', 128, { roles: [role('default', hop('first', 900), hop('via', 900), hop('target'))] }],
  ['a hop of an hour', 36, { roles: [role('default', hop('via'), hop('target'))] }],
  [
    'base credentials of 15 min behind a hop of an hour',
    36,
    { baseMs: 15 * MINUTE, roles: [role('default', hop('via'), hop('target'))] },
  ],
])('24 hours, %s: the target and the hop before it are called some %i times', async (name, count, options) => {
  const world = makeSimWorld(seeded(7), options);
  await world.clock.advance(24 * HOUR);
  // One at a phase.
  expect([count, count + 1]).toContain(calls(world, 'target'));
  if (name !== HOUR_LONG) expect([count, count + 1]).toContain(calls(world, 'via'));
});

describe('auto, where Pod Identity and IRSA may be there', () => {
  test.each<[string, RolePlan]>([
    ['a target alone', either(hop('target'))],
    ['a hop before it', either(hop('via'), hop('target'))],
  ])("what the agent's first answer gave stands in when the second fails, %s", async (_name, plan) => {
    const world = makeSimWorld(seeded(7), { roles: [plan] });
    await world.run(5 * SECOND);
    world.fail('agent', 'AgentUnreachable');
    await world.run(2 * HOUR);
    expect(world.fetches.length).toBeGreaterThan(2);
    expect(bridged(world)).toBe('AgentUnreachable');
    expect(errors(world)).toEqual([]);
    expect(calls(world, 'base')).toBe(0);
  });

  test('what IRSA gave in its place is not used once it has answered', async () => {
    const world = makeSimWorld(seeded(7), {
      roles: [either(hop('via'), hop('target'))],
      fault: ['agent', 'AgentUnreachable'],
    });
    await world.run(MINUTE);
    expect(calls(world, 'base')).toBe(1);
    expect(calls(world, 'target')).toBe(1);
    world.fail('agent', undefined);
    await world.run(41 * MINUTE);
    // The hop of IRSA would have lasted.
    expect(calls(world, 'via')).toBe(2);
    world.fail('agent', 'AgentUnreachable');
    await world.run(2 * HOUR);
    expect(calls(world, 'base')).toBe(1);
    expect(bridged(world)).toBe('AgentUnreachable');
  });

  test("a target that refuses IRSA's identity is what is told, not the agent that is away", async () => {
    const world = makeSimWorld(seeded(7), {
      roles: [either(hop('via'), hop('target'))],
      fault: ['agent', 'AgentUnreachable'],
    });
    world.fail('target', 'StsAccessDenied');
    await world.run(5 * MINUTE);
    expect(calls(world, 'base')).toBeGreaterThan(0);
    expect(world.refreshers.get('default')?.offer().error?.code).toBe('StsAccessDenied');
  });
});

test('a role tells what was bridged for its session, until a fetch is good', async () => {
  const world = makeSimWorld(seeded(7), { roles: [role('default', hop('via'), hop('target'))] });
  await world.run(MINUTE);
  expect(bridged(world)).toBeUndefined();
  world.fail('agent', 'AgentUnavailable');
  await world.run(100 * MINUTE);
  expect(bridged(world)).toBe('AgentUnavailable');
  expect(world.refreshers.get('default')?.offer().error).toBeUndefined();
  world.fail('agent', undefined);
  await world.run(41 * MINUTE);
  expect(bridged(world)).toBeUndefined();
  expect(world.bridged.length).toBeGreaterThan(0);
});
