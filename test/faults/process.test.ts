/** The fault matrix on the real process: killed, and STS lost by packet. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBlackHole } from '../guard/black-hole.ts';
import { startFront } from './front.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { writtenAt } from '../sidecar/harness.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { Client, Result } from './clients.ts';
import { failedFetches, logged, testRows, type Fault } from './run.ts';
import type { World } from './world.ts';

const KILLS = 3;

/** What the kernel says while nobody listens: an SDK meets the same. */
async function refusals(port: number, over: AbortSignal): Promise<number> {
  let refused = 0;
  while (!over.aborted) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect').catch(() => (refused += 1));
    socket.destroy();
    await sleep(10);
  }
  return refused;
}

/** From a kill until its successor had written its tokens. Milliseconds since 1970. */
interface Outage {
  readonly from: number;
  readonly to: number;
}

/**
 * Errors but those of fetches that began in an outage, or were under way: Go and botocore read the token once for all tries
 * of a fetch. No program that keeps credentials asked meanwhile.
 */
function errorsBeside({ clients }: World, outages: readonly Outage[]): Result[] {
  const ofOutage = ({ from, at }: Result): boolean => outages.some((outage) => at >= outage.from && from <= outage.to);
  const errors = clients.flatMap(({ results }) => results.filter(({ ok }) => !ok));
  return errors.filter((error) => error.kind === 'kept' || !ofOutage(error));
}

/** Each SDK has asked again since: so none of its fetches meets two kills. */
async function untilAskedSince({ clients }: World, since: number): Promise<void> {
  const asked = ({ results }: Client): boolean =>
    results.some(({ kind, ok, from }) => kind === 'fresh' && ok && from >= since);
  await until('each SDK asks', PATIENCE_MS, () => clients.every(asked));
}

function killed(): Fault {
  let refused = 0;
  const outages: Outage[] = [];
  return {
    fault: `sidecar killed ${KILLS} times under load and started again at once`,
    lastsMs: 0,
    losesSession: true,
    begin: async (world) => {
      const { sidecar, files, restart } = world;
      for (let kill = 0; kill < KILLS; kill++) {
        const before = files.readToken();
        const port = sidecar().ports.credentials;
        const from = Date.now();
        sidecar().signal('SIGKILL');
        await sidecar().ended;
        const over = new AbortController();
        const counted = refusals(port, over.signal);
        await restart();
        await eventually('it serves', async () => (await sidecar().ask()).status === 200).finally(() => over.abort());
        outages.push({ from, to: writtenAt(sidecar()) ?? NaN });
        refused += await counted;
        expect(files.readToken()).not.toBe(before);
        await untilAskedSince(world, Date.now());
      }
    },
    end: () => undefined,
    reached: () => expect(refused).toBeGreaterThanOrEqual(KILLS),
    then: (world) => expect(errorsBeside(world, outages)).toEqual([]),
    note: () => `${refused} of the test's own connections were refused`,
  };
}

const LOST: Fault = {
  fault: 'packets to STS are lost',
  reached: logged('StsUnreachable'),
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

/** When the sidecar's log last said that its next fetch would be. */
function nextFetch({ sidecar }: World): number {
  return Date.parse(
    [
      ...sidecar()
        .output()
        .out.matchAll(/"next":"([^"]+)"/g),
    ].at(-1)?.[1] ?? '',
  );
}

/** SYNs to STS pass this long after the first one of a fetch: the kernel sends it again after 1 s, then after 3 s. */
function slowToConnect(
  fault: string,
  heldMs: number,
  reached: (world: World, seen: { readonly met: number; readonly failed: number }) => Promise<void> | void,
): Fault {
  let met = 0;
  let failedBefore = 0;
  return {
    fault,
    sessionSeconds: 6,
    lastsMs: 8_000,
    begin: async (world) => {
      const { sts, stsFront, onEnd } = world;
      await stsFront.close();
      const hole = await openBlackHole(stsFront.port, sts.port);
      hole.open();
      // What met a closed port meanwhile is of no account here.
      const asked = sts.requests.length;
      await until('a fetch comes through', PATIENCE_MS, () => sts.requests.length > asked);
      failedBefore = await failedFetches(world);
      const over = new AbortController();
      const holding = (async () => {
        let last = 0;
        while (!over.signal.aborted) {
          await sleep(20);
          const next = nextFetch(world);
          // A fetch before it was foreseen is over by then.
          if (next === last || Date.now() < next - 100) continue;
          last = next;
          await hole.shut();
          await sleep(Math.max(0, next + heldMs - Date.now()));
          if (hole.holds()) met += 1;
          hole.open();
        }
      })();
      const end = async (): Promise<void> => {
        over.abort();
        await holding;
      };
      enders.set(stsFront, end);
      onEnd(async () => {
        await end();
        await hole.close();
      });
    },
    end: ({ stsFront }) => enders.get(stsFront)?.(),
    reached: async (world) => {
      expect(met).toBeGreaterThan(0);
      await reached(world, { met, failed: (await failedFetches(world)) - failedBefore });
    },
  };
}
const enders = new Map<World['stsFront'], () => Promise<void>>();

/** Within the 2 s of a connection (sidecar/src/sts/assume-role.ts): such a try does not fail, unless the machine is slow to send again. */
const AFTER_1S = slowToConnect('connections to STS open after 1 s', 400, (_world, { met, failed }) =>
  expect(failed).toBeLessThan(met),
);
const AFTER_3S = slowToConnect('connections to STS would open after 3 s', 2_200, logged('StsUnreachable'));

testRows('the process', [AFTER_1S, AFTER_3S, killed(), LOST]);
