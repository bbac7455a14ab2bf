/** `bench create`: what a pod's creation gains in time with our webhook on, at a real kube-apiserver. */
import { startCluster } from '@rolechain/test/cluster/apiserver.ts';
import { findBinaries } from '@rolechain/test/cluster/binaries.ts';
import type { Api } from '@rolechain/test/guard/api.ts';
import { install } from '@rolechain/test/guard/installed.ts';
import { outcomeOf, pod } from '@rolechain/test/guard/pods.ts';
import { installManifests } from '@rolechain/test/fixture/install.ts';
import { until } from '@rolechain/kit/until.ts';
import { median, quantile } from '../quantile.ts';
import { atMost, format, told, type BenchOptions, type Part, type Row } from '../row.ts';
import { ANNOTATED, PLAIN, SIDES, spaceOf, spaces, withSides, type Side, type Space } from './sides.ts';

const EACH = 100;
/** Requests at once while the accounts are made. */
const WRITERS = 16;
const GOAL_MS = 5;

export const create: Part = { name: 'create', run };

type Times = Readonly<Record<Side, number[]>>;

async function run({ short, say }: BenchOptions): Promise<Row[]> {
  const binaries = await findBinaries();
  if ('reason' in binaries) throw new Error(binaries.reason);
  const [accounts, blocks, pods] = short ? [300, 2, 3] : [10_000, 12, 30];
  const cluster = await startCluster({ binaries });
  const stops = [cluster.stop];
  try {
    const installed = await install(cluster, { manifests: withSides(await installManifests()) });
    stops.unshift(installed.stop);
    const started = performance.now();
    await seed(installed.api, spaces(accounts, EACH));
    say(`create: ${accounts} accounts in ${format((performance.now() - started) / 1000)} s`);
    await untilSidesDiffer(installed.api);
    const rows: Row[] = [];
    for (const account of [ANNOTATED, PLAIN]) {
      say(`create: ${blocks} blocks of ${pods} pods a side, account ${account}`);
      // The first block warms both programs and counts for nothing.
      await measure(installed.api, account, 1, pods);
      rows.push(...rowsOf(account, await measure(installed.api, account, blocks, pods)));
    }
    return rows;
  } finally {
    for (const stop of stops) await stop();
  }
}

async function seed(api: Api, all: readonly Space[]): Promise<void> {
  const write = async (path: string, body: object): Promise<void> => {
    const answer = await api.post(path, body);
    if (answer.status !== 201) throw new Error(answer.body);
  };
  const left = [...all];
  const writer = async (): Promise<void> => {
    for (let space = left.pop(); space; space = left.pop()) {
      await write('/api/v1/namespaces', space.namespace);
      const path = `/api/v1/namespaces/${space.namespace.metadata.name}/serviceaccounts`;
      for (const account of space.accounts) await write(path, account);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

/** The webhook is asked where it should be and nowhere else; a pod that it left alone there would be fast. */
async function untilSidesDiffer(api: Api): Promise<void> {
  await until('the webhook is asked on its sides', 60_000, async () => {
    const outcomes = await Promise.all(
      SIDES.map(async (side) => (await outcomeOf(api, pod(spaceOf(side), ANNOTATED))).outcome),
    );
    return outcomes.join() === 'plain,injected,injected';
  });
}

/** Milliseconds of each creation, one after the other over a kept connection; the sides take turns by blocks. */
async function measure(api: Api, account: string, blocks: number, pods: number): Promise<Times> {
  const times: Times = { off: [], on: [], guarded: [] };
  for (let block = 0; block < blocks; block++) {
    const order = block % 2 === 0 ? SIDES : SIDES.toReversed();
    for (const side of order) {
      for (let made = 0; made < pods; made++) times[side].push(await timed(api, side, account));
      const { status, body } = await api.remove(`/api/v1/namespaces/${spaceOf(side)}/pods?gracePeriodSeconds=0`);
      if (status !== 200) throw new Error(body);
    }
  }
  return times;
}

async function timed(api: Api, side: Side, account: string): Promise<number> {
  const object = pod(spaceOf(side), account);
  const started = performance.now();
  const { status, body } = await api.post(`/api/v1/namespaces/${spaceOf(side)}/pods`, object);
  const took = performance.now() - started;
  if (status !== 201) throw new Error(body);
  const isInjected = body.includes('"rolechain.io/status"');
  if (isInjected !== (side !== 'off' && account === ANNOTATED))
    throw new Error(`a pod of ${account} on side ${side} was ${isInjected ? '' : 'not '}injected`);
  return took;
}

function rowsOf(account: string, { off, on, guarded }: Times): Row[] {
  const work = `create, ${account === ANNOTATED ? 'annotated' : 'plain'} pod`;
  const gain = (share: number, side: readonly number[]): number => quantile(side, share) - quantile(off, share);
  const without = `${off.length} creates a side; p50 ${format(median(off))} ms without, ${format(median(on))} ms with`;
  return [
    { ...atMost(`${work}: p50 gained`, gain(0.5, on), GOAL_MS, 'ms'), note: without },
    told(`${work}: p99 gained`, `${format(gain(0.99, on))} ms`),
    told(`${work}: p50 gained, with the guard`, `${format(gain(0.5, guarded))} ms`, `${EACH} accounts a namespace`),
  ];
}
