/** `bench admission`: the same reviews to our webhook and to a Go webhook, by turns. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startCluster } from '@rolechain/test/cluster/apiserver.ts';
import { findBinaries } from '@rolechain/test/cluster/binaries.ts';
import { against, format, told, type BenchOptions, type Part, type Row } from '../row.ts';
import { SERVER_NAME } from '../../../webhook/src/testing/https.ts';
import { median } from '../quantile.ts';
import { goPrograms } from './go-peer.ts';
import { makeReviews } from './reviews.ts';
import { residentMiB, startOurs, startPeer, type Target } from './webhooks.ts';

const CONNECTIONS = [1, 8, 32];
const REVIEWS = 1000;

export const admission: Part = { name: 'admission', run };

/** One run of the generator. Milliseconds. */
interface Load {
  readonly answers: number;
  readonly patched: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

async function run({ short, say }: BenchOptions): Promise<Row[]> {
  const binaries = await findBinaries();
  if ('reason' in binaries) throw new Error(binaries.reason);
  const programs = goPrograms(say);
  const cluster = await startCluster({ binaries });
  const targets: Target[] = [];
  try {
    targets.push(await startOurs(cluster), await startPeer(cluster, programs.webhook));
    const reviews = join(cluster.folder, 'reviews');
    await writeFile(reviews, makeReviews(REVIEWS).join('\n'));
    const load = makeLoad(programs.load, reviews);
    const [rounds, seconds] = short ? [1, 0.3] : [5, 3];
    for (const target of targets) await load(target, 8, short ? 0.3 : 5);
    const rows: Row[] = [];
    for (const connections of CONNECTIONS) {
      say(`admission: ${connections} connections, ${rounds} rounds of ${seconds} s each`);
      rows.push(...rowsOf(connections, await alternate(targets, rounds, (to) => load(to, connections, seconds))));
      const memory = targets.map(({ name, pid }) => `${name} ${format(residentMiB(pid))} MiB`).join(', ');
      rows.push(told(`admission at ${connections}: resident memory after it`, memory));
    }
    return rows;
  } finally {
    for (const target of targets) await target.stop();
    await cluster.stop();
  }
}

function makeLoad(program: string, reviews: string): (to: Target, connections: number, s: number) => Promise<Load> {
  return async ({ name, url, caFile }, connections, seconds) => {
    const flags = { url, ca: caFile, name: SERVER_NAME, reviews, connections, seconds };
    const args = Object.entries(flags).flatMap(([flag, value]) => [`-${flag}`, String(value)]);
    const { stdout } = await promisify(execFile)(program, args);
    const result = JSON.parse(stdout) as Load;
    // A webhook that leaves the pods alone would be fast.
    if (Math.abs(result.patched / result.answers - 0.5) > 0.1)
      throw new Error(`${name} patched ${result.patched} of ${result.answers} pods, not half of them`);
    return result;
  };
}

/** Each in turn, the first one changing, so that what else the machine does meets both alike. */
async function alternate(
  targets: readonly Target[],
  rounds: number,
  load: (to: Target) => Promise<Load>,
): Promise<readonly Load[][]> {
  const loads: Load[][] = targets.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const order = [...targets.keys()];
    if (round % 2 === 1) order.reverse();
    for (const index of order) {
      const target = targets[index];
      if (target) loads[index]?.push(await load(target));
    }
  }
  return loads;
}

function rowsOf(connections: number, [ours = [], peer = []]: readonly Load[][]): Row[] {
  const figures = (key: 'perSecond' | 'p50' | 'p99', unit: string): Parameters<typeof against>[1] => {
    return {
      ours: median(ours.map((load) => load[key])),
      peer: median(peer.map((load) => load[key])),
      name: 'Go',
      unit,
    };
  };
  const work = `admission at ${connections}`;
  const p50 = figures('p50', 'ms');
  return [
    against(`${work}: admissions a second`, figures('perSecond', '/s'), { atLeast: 1 }),
    told(`${work}: p50`, `${format(p50.ours)} ms, Go ${format(p50.peer)} ms`),
    against(`${work}: p99`, figures('p99', 'ms'), { atMost: 1.5 }),
  ];
}
