/**
 * What the guard costs a pod's creation, by the number of accounts in its namespace: the apiserver hands over all of
 * them, one by one, and the guard's first condition finds the pod's own.
 */
import { ANNOTATIONS } from '@rolechain/shared';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { Api } from './api.ts';
import { ROLE, account, namespace } from './installed.ts';
import { outcomeOf, pod } from './pods.ts';

export interface Cost {
  /** In the namespace. */
  readonly accounts: number;
  /** Medians of a pod's creation by server-side dry run, in milliseconds. */
  readonly withoutMs: number;
  readonly withMs: number;
  /** Processor time of the apiserver for one, in milliseconds: the same on a machine that does other things beside. */
  readonly withoutCpuMs: number;
  readonly withCpuMs: number;
}

/** Marks a namespace that the guard leaves out. */
const OFF = 'guard-cost.example.com/off';
const BINDING = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/rolechain-guard';
/** Pods of one turn: the count of processor time has steps of 10 ms. */
const TURN = 20;
/** Requests at once while the accounts are made. */
const WRITERS = 16;

/**
 * Measures in an apiserver that has the guard and no webhook. For each size two namespaces take turns, one that the
 * guard looks at and one that it leaves out, so that what else the machine does meets both alike.
 */
export async function measureCost(api: Api, sizes: readonly number[], rounds: number): Promise<Cost[]> {
  await leaveOut(api);
  const costs: Cost[] = [];
  for (const accounts of sizes) {
    const [on, off] = [`accounts-${accounts}`, `accounts-${accounts}-off`];
    await fill(api, on, accounts, {});
    await fill(api, off, accounts, { [OFF]: 'true' });
    const probe = async (name: string) => (await outcomeOf(api, pod(name, 'asking'))).outcome;
    await until('the guard looks at one of them', PATIENCE_MS, async () => {
      return (await probe(on)) === 'refused by the guard' && (await probe(off)) === 'plain';
    });
    const times: Record<'on' | 'off', { ms: number[]; cpuMs: number }> = {
      on: { ms: [], cpuMs: 0 },
      off: { ms: [], cpuMs: 0 },
    };
    const turn = async (time: { ms: number[]; cpuMs: number }, inNamespace: string, pods: number): Promise<void> => {
      const before = await cpuMsOf(api);
      for (let i = 0; i < pods; i++) time.ms.push(await milliseconds(api, inNamespace));
      time.cpuMs += (await cpuMsOf(api)) - before;
    };
    while (times.on.ms.length < rounds) {
      const pods = Math.min(TURN, rounds - times.on.ms.length);
      await turn(times.off, off, pods);
      await turn(times.on, on, pods);
    }
    costs.push({
      ...{ accounts, withoutMs: median(times.off.ms), withMs: median(times.on.ms) },
      ...{ withoutCpuMs: times.off.cpuMs / rounds, withCpuMs: times.on.cpuMs / rounds },
    });
  }
  return costs;
}

/** Of the apiserver since it began, by its own count. What that takes itself is in each turn alike. */
async function cpuMsOf(api: Api): Promise<number> {
  const { body } = await api.get('/metrics');
  const seconds = /^process_cpu_seconds_total (\S+)$/m.exec(body)?.[1];
  if (seconds === undefined) throw new Error('the apiserver tells no process_cpu_seconds_total');
  return 1000 * Number(seconds);
}

/** As lines of a Markdown table. */
export function costTable(costs: readonly Cost[]): string {
  const rows = costs.map(({ accounts, withoutMs, withMs, withoutCpuMs, withCpuMs }) => {
    const more = withCpuMs - withoutCpuMs;
    const [wait, processor] = [
      [withoutMs, withMs],
      [more, (1000 * more) / accounts],
    ];
    return [accounts, ...[...wait, ...processor].map((figure) => figure.toFixed(1))];
  });
  const head = [
    'accounts in the namespace',
    'without, ms',
    'with, ms',
    'more of a core, ms',
    'an account, µs of a core',
  ];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

async function leaveOut(api: Api): Promise<void> {
  const namespaceSelector = { matchExpressions: [{ key: OFF, operator: 'DoesNotExist' }] };
  await api.patch(BINDING, { spec: { matchResources: { namespaceSelector } } });
}

/** One account that asks for a role, and plain ones up to `accounts`. */
async function fill(api: Api, name: string, accounts: number, labels: Readonly<Record<string, string>>): Promise<void> {
  await api.post('/api/v1/namespaces', namespace(name, labels));
  const path = `/api/v1/namespaces/${name}/serviceaccounts`;
  const write = async (body: object): Promise<void> => {
    const answer = await api.post(path, body);
    if (answer.status !== 201) throw new Error(answer.body);
  };
  await write(account(name, 'asking', ROLE));
  await write(account(name, 'plain'));
  let made = 2;
  const writer = async (): Promise<void> => {
    while (made < accounts) await write(account(name, `plain-${made++}`));
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

async function milliseconds(api: Api, inNamespace: string): Promise<number> {
  const started = performance.now();
  const { outcome } = await outcomeOf(api, pod(inNamespace, 'plain'));
  if (outcome !== 'plain') throw new Error(`${outcome}, though the account has no ${ANNOTATIONS.assumeRole.key}`);
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
