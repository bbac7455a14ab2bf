/** The fault matrix on the real process: thousands of connections, under the memory limit that is shipped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS, PATHS } from '@rolechain/shared';
import { findGroups, inGroup, SHIPPED_LIMIT_MIB as LIMIT_MIB, type MemoryGroup } from '../cgroup/memory.ts';
import { PATIENCE_MS } from '@rolechain/kit/until.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { bundlePrograms } from '../sidecar/harness.ts';
import { noErrors, testRows, type Fault } from './run.ts';
import { makeWorld, type World } from './world.ts';

const CONNECTIONS = 5_000;

type Way = 'silent' | 'slow' | 'large' | 'asking';
type Port = 'credentials' | 'health';

const found = findGroups();
const groups = 'reason' in found ? undefined : found;
afterAll(() => groups?.remove());

function flood(way: Way, ...ports: readonly Port[]): Fault {
  let group: MemoryGroup | undefined;
  return {
    fault: `${CONNECTIONS} connections to the ${ports.join(' and the ')} port: ${way}`,
    sessionSeconds: 8,
    lastsMs: 4_000,
    wrap: (programs) => {
      group = groups?.make(`${way}-${ports.join('-')}`, LIMIT_MIB);
      return { ...programs, within: inGroup(group?.enter, []) as [string, ...string[]] };
    },
    begin: async (world) => {
      await Promise.all(ports.map((port) => connectAll(world, port, way, CONNECTIONS / ports.length)));
    },
    end: async ({ sidecar }) => {
      expect((await sidecar().health('/healthz')).status).toBe(200);
    },
    // Each was open once: connectAll waits for it. The limit holds: what is charged is more than a sidecar's own memory.
    reached: () => expect(group?.memory().usage).toBeGreaterThan(0),
    then: (world) => {
      expect({ oomKills: group?.oomKills(), peakMiB: group?.peak() }).toMatchObject({ oomKills: 0 });
      noErrors(world);
    },
    note: () => `peak ${group?.peak()?.toFixed(1)} MiB of ${LIMIT_MIB}`,
  };
}

/** Resolves once each has been open: a port that turned them away would never get there. */
async function connectAll(
  { sidecar, onEnd, files }: World,
  port: Port,
  way: Way,
  connections = CONNECTIONS,
): Promise<void> {
  const args = [join(__dirname, 'idle.mjs'), String(sidecar().ports[port]), String(connections), way];
  const env = way === 'asking' ? { TOKEN: files.readToken() } : {};
  const helper = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  const closed = once(helper, 'close');
  onEnd(async () => {
    helper.kill('SIGKILL');
    await closed;
  });
  const ended = sidecar().ended.then(() => 'the sidecar ended');
  const late = sleep(PATIENCE_MS, `not each of ${connections} connections was open within ${PATIENCE_MS} ms`, {
    ref: false,
  });
  expect(await Promise.race([once(helper.stdout, 'data').then(String), ended, late])).toBe('up\n');
}

/** Held as many as may be, the others refused; STS is silent meanwhile. */
async function askedByMany(made: MemoryGroup): Promise<void> {
  const programs = await bundlePrograms();
  const world = await makeWorld({
    programs: { ...programs, within: inGroup(made.enter, []) as [string, ...string[]] },
    sdks: {},
    before: ({ sts }) => sts.failWhen(() => 'hang'),
  });
  try {
    const { sidecar, sts } = world;
    await eventually('the sidecar listens', async () => (await sidecar().ask()).status === 503);
    await connectAll(world, 'credentials', 'asking');
    const held = await eventually('as many as may be are held', async () => {
      const { body } = await sidecar().health(PATHS.metrics);
      const now = Number(/^rolechain_held_requests (\d+)/m.exec(body)?.[1]);
      return now >= LIMITS.heldRequests / 2 && now;
    });
    await sleep(4_000);
    expect(made.oomKills()).toBe(0);
    sts.heal();
    await eventually('it serves', async () => (await sidecar().ask()).status === 200);
    console.log(`${CONNECTIONS} that ask: ${held} held at once, peak ${made.peak()?.toFixed(1)} MiB of ${LIMIT_MIB}`);
  } finally {
    await world.end();
    programs.remove();
  }
}

describeWhen(
  'memory limit',
  found,
  ({ make }) => {
    test(`${CONNECTIONS} connections that each ask while there are no credentials`, async () => {
      await askedByMany(make('asking', LIMIT_MIB));
    });
    testRows(
      'connections',
      [
        flood('silent', 'credentials'),
        flood('slow', 'credentials'),
        flood('large', 'credentials'),
        flood('silent', 'health'),
        flood('slow', 'health'),
        flood('large', 'credentials', 'health'),
      ],
      { atOnce: 1 },
    );
  },
  { make: () => ({}) as MemoryGroup, remove: () => Promise.resolve() },
);
