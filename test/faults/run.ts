/** Plays rows of the fault matrix on real processes, some at once, and judges what each SDK saw. */
import { setTimeout as sleep } from 'node:timers/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS, tokenFile, type ErrorCode } from '@rolechain/shared';
import { bundlePrograms, type Programs } from '../sidecar/harness.ts';
import { locateSdks, type Client, type Result, type Sdks } from './clients.ts';
import { PATIENCE_MS, eventually, until } from '@rolechain/kit/until.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { isStarved, slowness } from './slowness.ts';
import { expectGoals, tellClients, TRANSIENT_GOAL_MS, type ClientRow } from './table.ts';
import { makeWorld, type World, type WorldOptions } from './world.ts';

/** A fault, and how it begins and ends. */
export interface Fault {
  readonly fault: string;
  readonly begin: (world: World) => Promise<void> | void;
  readonly end: (world: World) => Promise<void> | void;
  /** From begin to end, at least: it goes on until it has reached the sidecar. */
  readonly lastsMs: number;
  /** Of the sessions; without it an hour, so that none ends. */
  readonly sessionSeconds?: number;
  readonly goalMs?: number;
  /** The fault is there before the sidecar's first fetch: no session yet. */
  readonly cold?: boolean;
  /** The sidecar loses its sessions with the fault. */
  readonly losesSession?: boolean;
  /** Throws where the fault has not reached the sidecar: then the row would show nothing. Asked before its end and after the recovery. */
  readonly reached: (world: World) => Promise<void> | void;
  /** What else holds once it is over. Not judged where the sidecar was starved of processor time: its time-outs decide it. */
  readonly then?: (world: World) => Promise<void> | void;
  /** A figure of the row beside what the SDKs saw; asked once it is over. */
  readonly note?: (world: World) => string;
  readonly stsHost?: string;
  /** In place of the shipped programs. */
  readonly wrap?: (world: Programs) => Programs;
}

/** At once, on a machine of 2 cores. */
const AT_ONCE = 5;
/** The sidecar's log names it. */
export const logged =
  (code: ErrorCode): Fault['reached'] =>
  ({ sidecar }) =>
    expect(sidecar().output().out).toContain(`"code":"${code}"`);

/** What was kept has stood in for it (adr/0012): no SDK can have noticed, the log and the metric have. */
export const bridged =
  (code: ErrorCode): Fault['reached'] =>
  async (world) => {
    await logged(code)(world);
    const { body } = await world.sidecar().health(PATHS.metrics);
    expect(body).toMatch(new RegExp(`^rolechain_bridged_failures_total\\{code="${code}"\\} [1-9]`, 'm'));
  };

/** Fetches that ended with an error, by the sidecar's own count. */
export async function failedFetches({ sidecar }: World): Promise<number> {
  const { body } = await sidecar().health(PATHS.metrics);
  const failed = body.matchAll(/^rolechain_refreshes_total\{.*result="(?!ok")\w+"\} (\d+)$/gm);
  return [...failed].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Whatever happened, each fetch gave a session: none that was held has ended unrenewed, unless the machine was too slow for it. */
export async function noneFailed(world: World): Promise<void> {
  expect(await failedFetches(world)).toBe(0);
}

/** No SDK saw an error, with a session or without one. */
export function noErrors({ clients }: World): void {
  expect(clients.flatMap(({ results }) => results.filter(({ ok }) => !ok))).toEqual([]);
}

/** The tests of a file's rows, and the table at their end. */
export function testRows(name: string, faults: readonly Fault[], { atOnce = AT_ONCE } = {}): void {
  const located = Object.entries(locateSdks());
  const sdks = Object.fromEntries(located.flatMap(([sdk, found]) => ('reason' in found ? [] : [[sdk, found]])));
  describe(name, () => {
    const rows: ClientRow[] = [];
    let programs: Programs;
    let played: readonly Promise<readonly ClientRow[]>[] = [];
    beforeAll(async () => {
      programs = await bundlePrograms();
      const turn = makeTurns(atOnce);
      played = faults.map((fault) => turn(() => playRow(fault, { programs, sdks })));
      // Each test awaits its own.
      for (const row of played) row.catch(() => undefined);
    });
    afterAll(async () => {
      await Promise.allSettled(played);
      programs.remove();
      tellClients(name, rows);
    });

    const cases = faults.map(({ fault }, i) => [fault, i] as const);
    // Some wait for their turn.
    test.each(cases)('%s', async (_fault, i) => void rows.push(...((await played[i]) ?? [])));
    for (const [sdk, found] of located)
      describeWhen(
        sdk,
        found,
        () =>
          test.each(cases)('%s', async (fault, i) => {
            const row = (await played[i])?.find(({ client }) => client === sdk);
            if (row === undefined) throw new Error(`${sdk} was not beside: ${fault}`);
            expectGoals(row);
          }),
        [''],
      );
  });
}

function makeTurns(atOnce: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await task();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}

async function playRow(fault: Fault, { programs, sdks }: { programs: Programs; sdks: Sdks }): Promise<ClientRow[]> {
  const options: WorldOptions = {
    programs: fault.wrap?.(programs) ?? programs,
    sdks,
    ...(fault.sessionSeconds === undefined ? {} : { sessionSeconds: fault.sessionSeconds }),
    ...(fault.stsHost === undefined ? {} : { stsHost: fault.stsHost }),
    ...(fault.cold ? { before: fault.begin } : {}),
  };
  const world = await makeWorld(options);
  try {
    await eventually('its token is there', () => existsSync(join(world.files.root, tokenFile('default'))));
    world.startClients();
    if (!fault.cold) {
      await untilAll(world.clients, PATIENCE_MS, ({ ok }) => ok);
      await fault.begin(world);
    }
    await sleep(fault.lastsMs);
    await untilReached(fault, world);
    await fault.end(world);
    const endedAt = Date.now();
    const { goalMs = TRANSIENT_GOAL_MS } = fault;
    await untilAll(world.clients, goalMs + PATIENCE_MS, ({ ok, at }) => ok && at >= endedAt).catch(() => undefined);
    await fault.reached(world);
    const isJudged = !isStarved(world.sidecar().pid);
    if (isJudged) await fault.then?.(world);
    const note = [fault.note?.(world) ?? '', ...(isJudged ? [] : ['starved: not judged whole'])]
      .filter(Boolean)
      .join('; ');
    const times = { endedAt, goalMs, forgets: fault.losesSession === true };
    const pid = world.sidecar().pid;
    return world.clients.map((client) => {
      const slow = Math.max(slowness(pid), slowness(client.pid));
      return { ...judge(fault.fault, client, world.clients, times), slow, starved: !isJudged, note };
    });
  } finally {
    await world.end();
  }
}

/** What never comes is told by `reached` after the recovery. */
async function untilReached({ reached }: Fault, world: World): Promise<void> {
  await until('it reaches the sidecar', PATIENCE_MS, async () => {
    await reached(world);
    return true;
  }).catch(() => undefined);
}

/** Until each client has such a result of either kind. */
async function untilAll(clients: readonly Client[], ms: number, fits: (result: Result) => boolean): Promise<void> {
  const lacks = ({ results }: Client): boolean =>
    (['fresh', 'kept'] as const).some((kind) => !results.some((result) => result.kind === kind && fits(result)));
  const lacking = (): string[] => clients.filter(lacks).map(({ name }) => name);
  await eventually(
    () => `such a result of ${lacking().join()}`,
    () => !clients.some(lacks),
    { ms },
  );
}

interface Times {
  readonly endedAt: number;
  readonly goalMs: number;
  readonly forgets: boolean;
}

/**
 * An error counts as one with a session where any SDK had before it credentials that ended after it: so the sidecar
 * had them too. Recovery is that of the slower kind of provider.
 */
function judge(
  fault: string,
  client: Client,
  all: readonly Client[],
  { endedAt, goalMs, forgets }: Times,
): Omit<ClientRow, 'note' | 'slow'> {
  const good = all.flatMap(({ results }) => results.filter(({ ok }) => ok));
  const hadSession = (error: Result): boolean =>
    !forgets && good.some(({ at, expires = 0 }) => at <= error.from && expires > error.at);
  const errors = client.results.filter(({ ok }) => !ok);
  const withSession = errors.filter(hadSession);
  const recovered = (['fresh', 'kept'] as const).map(
    (kind) =>
      client.results.find((result) => result.kind === kind && result.ok && result.at >= endedAt)?.at ?? Infinity,
  );
  const said = [...new Set(errors.map(({ error = '' }) => error))];
  return {
    fault,
    client: client.name,
    asked: client.results.length,
    errorsWithSession: withSession.length,
    errorsWithout: errors.length - withSession.length,
    recoveryMs: Math.max(...recovered) - endedAt,
    goalMs,
    said: said[0] ?? '',
  };
}
