/** `bench admission`: the same reviews to our webhook and to a Go webhook, by turns. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCluster } from '@rolechain/test/cluster/apiserver.ts';
import { findBinaries } from '@rolechain/test/cluster/binaries.ts';
import { against, format, told, type BenchOptions, type Part, type Row } from '../row.ts';
import { memoryOf } from '../accounts/memory.ts';
import { alternate } from '../alternate.ts';
import { median } from '../quantile.ts';
import { goPrograms } from './go-peer.ts';
import { firstReviews } from './first.ts';
import { makeLoad, type Load } from './load.ts';
import { mustPatch } from './patched.ts';
import { makeReviews } from './reviews.ts';
import { startOurs, startPeer, startReplica, type Target } from './webhooks.ts';

const CONNECTIONS = [1, 8, 32];
const REVIEWS = 1000;
const PATCHES_READ = 20;

export const admission: Part = { name: 'admission', run };

async function run({ short, say }: BenchOptions): Promise<Row[]> {
  const binaries = await findBinaries();
  if ('reason' in binaries) throw new Error(binaries.reason);
  const programs = goPrograms(say);
  const cluster = await startCluster({ binaries });
  const targets: Target[] = [];
  try {
    const ours = await startOurs(cluster);
    targets.push(ours);
    targets.push(await startPeer(cluster, programs.webhook));
    const reviews = makeReviews(REVIEWS);
    for (const target of targets) for (const review of reviews.slice(0, PATCHES_READ)) await mustPatch(target, review);
    const file = join(cluster.folder, 'reviews');
    await writeFile(file, reviews.join('\n'));
    const load = makeLoad(programs.load, file);
    const [rounds, seconds] = short ? [1, 0.3] : [5, 3];
    for (const target of targets) await load(target, { connections: 8, seconds: short ? 0.3 : 5 });
    const rows: Row[] = [];
    for (const connections of CONNECTIONS) {
      say(`admission: ${connections} connections, ${rounds} rounds of ${seconds} s each`);
      rows.push(...rowsOf(connections, await alternate(targets, rounds, (to) => load(to, { connections, seconds }))));
      const memory = targets.map(({ name, pid }) => `${name} ${format(memoryOf(pid).resident)} MiB`).join(', ');
      rows.push(told(`admission at ${connections}: resident memory after it`, memory));
    }
    const fresh = [() => startReplica(cluster, ours), () => startPeer(cluster, programs.webhook)];
    return [...rows, ...(await firstReviews(fresh, load, { rounds: short ? 1 : 3, say }))];
  } finally {
    for (const target of targets) await target.stop();
    await cluster.stop();
  }
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
    withReason(against(`${work}: admissions a second`, figures('perSecond', '/s'), { atLeast: 1 }), ONE_THREAD),
    told(`${work}: p50`, `${format(p50.ours)} ms, Go ${format(p50.peer)} ms`),
    withReason(against(`${work}: p99`, figures('p99', 'ms'), { atMost: 1.5 }), ONE_THREAD),
  ];
}

const ONE_THREAD = 'ours answers on one thread; the peer answers on all processors, which the generator of load shares';

function withReason(row: Row, note: string): Row {
  return row.met === false ? { ...row, note } : row;
}
