/** The fault matrix on the real process: thousands of connections, under the memory limit that is shipped. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { RESOURCES } from '@rolechain/shared';
import { parseQuantity } from '../../webhook/src/quantity.ts';
import { findGroups, inGroup, type MemoryGroup } from '../cgroup/memory.ts';
import { describeWhen } from '../cluster/jest.ts';
import { noErrors, testRows, type Fault } from './play.ts';
import type { World } from './world.ts';

const CONNECTIONS = 5_000;
const LIMIT_MIB = (parseQuantity(RESOURCES.memoryLimit) ?? NaN) / 2 ** 20;

type Way = 'silent' | 'slow' | 'large';
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
    begin: (world) => Promise.all(ports.map((port) => connectAll(world, port, way))).then(() => undefined),
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
async function connectAll({ sidecar, onEnd }: World, port: Port, way: Way): Promise<void> {
  const args = [join(__dirname, 'idle.mjs'), String(sidecar().ports[port]), String(CONNECTIONS), way];
  const helper = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(helper, 'close');
  onEnd(async () => {
    helper.kill('SIGKILL');
    await closed;
  });
  const ended = sidecar().ended.then(() => 'the sidecar ended');
  expect(await Promise.race([once(helper.stdout, 'data').then(String), ended])).toBe('up\n');
}

describeWhen(
  'memory limit',
  found,
  () =>
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
    ),
  { make: () => ({}) as MemoryGroup, remove: () => Promise.resolve() },
);
