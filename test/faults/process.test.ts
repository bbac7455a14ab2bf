/** The fault matrix on the real process: killed, beset by connections, STS lost by name and by packet. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openBlackHole } from '../guard/black-hole.ts';
import { startFront } from './front.ts';
import { testRows, type Fault } from './play.ts';
import type { World } from './world.ts';

const CONNECTIONS = 5_000;

const beset = (way: 'silent' | 'half' | 'slow', port: 'credentials' | 'health'): Fault => ({
  fault: `${CONNECTIONS} connections to the ${port} port: ${way}`,
  sessionSeconds: 8,
  lastsMs: 6_000,
  begin: async ({ sidecar, onEnd }) => {
    const args = [join(__dirname, 'idle.mjs'), String(sidecar().ports[port]), String(CONNECTIONS), way];
    const helper = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(helper, 'close');
    onEnd(async () => {
      helper.kill('SIGKILL');
      await closed;
    });
    await once(helper.stdout, 'data');
  },
  end: async ({ sidecar }) => {
    expect((await sidecar().health('/healthz')).status).toBe(200);
  },
  then: noErrors,
});

function noErrors({ clients }: World): void {
  expect(clients.flatMap(({ results }) => results.filter(({ ok }) => !ok))).toEqual([]);
}

const KILLED: Fault = {
  fault: 'sidecar killed under load and started again',
  lastsMs: 0,
  losesSession: true,
  begin: async ({ sidecar, files, restart }) => {
    const before = files.readToken();
    sidecar().signal('SIGKILL');
    await sidecar().ended;
    await restart();
    expect(files.readToken()).toBe(before);
  },
  end: () => undefined,
  // Who keeps credentials does not ask while they last.
  then: ({ clients }) => {
    const kept = clients.flatMap(({ results }) => results.filter(({ kind, ok }) => kind === 'kept' && !ok));
    expect(kept).toEqual([]);
  },
};

const LOST: Fault = {
  fault: 'packets to STS are lost',
  sessionSeconds: 6,
  lastsMs: 8_000,
  begin: async ({ stsFront, onEnd }) => {
    await stsFront.close();
    const hole = await openBlackHole(stsFront.port);
    onEnd(hole.close);
    holes.set(stsFront, hole.close);
  },
  end: async ({ sts, stsFront, onEnd }) => {
    await holes.get(stsFront)?.();
    onEnd((await startFront(sts.port, { port: stsFront.port })).close);
  },
};
const holes = new Map<World['stsFront'], () => Promise<void>>();

testRows('the process', [
  KILLED,
  LOST,
  beset('silent', 'credentials'),
  beset('half', 'credentials'),
  beset('slow', 'credentials'),
  beset('slow', 'health'),
]);
