/** The fault matrix on the real process: killed, beset by connections, STS lost by name and by packet. */
import { openBlackHole } from '../guard/black-hole.ts';
import { startFront } from './front.ts';
import { testRows, type Fault } from './play.ts';
import type { World } from './world.ts';

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

testRows('the process', [KILLED, LOST]);
