/** `bench accounts`: what a cluster's ServiceAccounts cost our webhook, and a Go webhook's informer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster, type Cluster } from '@rolechain/test/cluster/apiserver.ts';
import { findBinaries } from '@rolechain/test/cluster/binaries.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { openApi, type Api } from '@rolechain/test/guard/api.ts';
import { install } from '@rolechain/test/guard/installed.ts';
import { startWebhook } from '@rolechain/test/fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { alternate } from '../alternate.ts';
import { goPrograms } from '../admission/go-peer.ts';
import { caOfOurs, startPeer, type Target } from '../admission/webhooks.ts';
import { median, quantile } from '../quantile.ts';
import { against, format, told, type BenchOptions, type Part, type Row } from '../row.ts';
import { churn, lags } from './churn.ts';
import { memoryOf, type Memory } from './memory.ts';
import { seedAccounts } from './seed.ts';

export const accounts: Part = { name: 'accounts', run };

interface Size {
  readonly accounts: number;
  readonly rounds: number;
  readonly settleMs: number;
  readonly writes: number;
  readonly lags: number;
}
const FULL: Size = { accounts: 100_000, rounds: 3, settleMs: 5000, writes: 2000, lags: 100 };
const SHORT: Size = { accounts: 1000, rounds: 1, settleMs: 200, writes: 50, lags: 5 };

/** One life of one program. */
interface Life {
  readonly readyMs: number;
  readonly listed: Memory;
  readonly settled: Memory;
  readonly churned: Memory;
  readonly lags: readonly number[];
}
type Start = () => Promise<Target>;

async function run({ short, say }: BenchOptions): Promise<Row[]> {
  const binaries = await findBinaries();
  if ('reason' in binaries) throw new Error(binaries.reason);
  const program = goPrograms(say).webhook;
  const size = short ? SHORT : FULL;
  const cluster = await startCluster({ binaries });
  try {
    await seedAccounts(cluster, size.accounts);
    const starts: readonly [Start, Start] = [await oursInstalled(cluster), () => startPeer(cluster, program)];
    const api = await openApi(cluster.kubeConfig);
    let lived = 0;
    const [ours = [], peer = []] = await alternate(starts, size.rounds, async (start) => {
      const life = await live(api, start, size, String(lived++));
      say(`accounts: ${start === starts[0] ? 'ours' : 'Go'} ${JSON.stringify({ ...life, lags: median(life.lags) })}`);
      return life;
    });
    api.close();
    return rowsOf(size, ours, peer);
  } finally {
    await cluster.stop();
  }
}

/** Installs ours and ends it again; what it left in the cluster stays, as when a pod of it is replaced. */
async function oursInstalled(cluster: Cluster): Promise<Start> {
  const { api, stop } = await install(cluster);
  const caFile = await caOfOurs(cluster, api);
  await stop();
  const kubeconfig = await cluster.kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
  return async () => {
    const port = await freePort();
    const webhook = await startWebhook({ port, kubeconfig });
    const url = `https://127.0.0.1:${port}/mutate?timeout=2s`;
    return { name: 'ours', pid: webhook.process.pid, url, caFile, stop: webhook.stop };
  };
}

/** `life` tells its writes from those of other lives. */
async function live(api: Api, start: Start, size: Size, life: string): Promise<Life> {
  const from = performance.now();
  const target = await start();
  try {
    const readyMs = performance.now() - from;
    const listed = memoryOf(target.pid);
    await sleep(size.settleMs);
    const settled = memoryOf(target.pid);
    await churn(api, size.writes, size.accounts, life);
    const measured = await lags(api, target, size.lags, life);
    await sleep(size.settleMs);
    return { readyMs, listed, settled, churned: memoryOf(target.pid), lags: measured };
  } finally {
    await target.stop();
  }
}

function rowsOf(size: Size, ours: readonly Life[], peer: readonly Life[]): Row[] {
  const work = `accounts, ${size.accounts.toLocaleString('en-US')}`;
  const figures = (of: (life: Life) => number, unit: string): Parameters<typeof against>[1] => {
    return { ours: median(ours.map(of)), peer: median(peer.map(of)), name: 'Go', unit };
  };
  const both = (what: string, unit: string, of: (life: Life) => number): Row => {
    const { ours: one, peer: other } = figures(of, unit);
    return told(`${work}: ${what}`, `${format(one)} ${unit}, Go ${format(other)} ${unit}`);
  };
  const settled = figures(({ settled }) => settled.resident, 'MiB');
  const churned = figures(({ churned }) => churned.resident, 'MiB');
  return [
    against(`${work}: resident memory ${size.settleMs / 1000} s after the list`, settled, { atMost: 1 }),
    against(`${work}: resident memory after ${size.writes} writes`, churned, { atMost: 1 }),
    both('of that anonymous', 'MiB', (life) => life.churned.anonymous),
    both('proportional (PSS)', 'MiB', (life) => life.churned.proportional),
    both('most during the list', 'MiB', (life) => life.listed.peak),
    {
      ...against(
        `${work}: from exec to ready`,
        figures((life) => life.readyMs, 'ms'),
        { atMost: 1.5 },
      ),
      note: 'A quarter of it are the start of Node and the reviews before readiness; the rest is one thread that reads the stream of the list.',
    },
    both('event lag p50', 'ms', (life) => quantile(life.lags, 0.5)),
    both('event lag p99', 'ms', (life) => quantile(life.lags, 0.99)),
  ];
}
