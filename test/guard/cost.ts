/**
 * What the guard costs a pod's creation, by the number of accounts in its namespace: the apiserver hands over all of
 * them, one by one, and the guard's first condition finds the pod's own.
 */
import { ANNOTATIONS } from '@rolechain/shared';
import { PATIENCE_MS, until } from '../stage/install.ts';
import type { Api } from './api.ts';
import { ROLE, account, namespace } from './installed.ts';
import { outcomeOf, pod } from './pods.ts';

export interface Cost {
  /** In the namespace. */
  readonly accounts: number;
  /** Medians of a pod's creation by server-side dry run, in milliseconds. */
  readonly withoutMs: number;
  readonly withMs: number;
}

/** Marks a namespace that the guard leaves out. */
const OFF = 'guard-cost.example.com/off';
const BINDING = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/rolechain-guard';
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
    const times: { on: number[]; off: number[] } = { on: [], off: [] };
    for (let round = 0; round < rounds; round++) {
      times.off.push(await milliseconds(api, off));
      times.on.push(await milliseconds(api, on));
    }
    costs.push({ accounts, withoutMs: median(times.off), withMs: median(times.on) });
  }
  return costs;
}

/** As lines of a Markdown table. */
export function costTable(costs: readonly Cost[]): string {
  const rows = costs.map(({ accounts, withoutMs, withMs }) => {
    const each = (1000 * (withMs - withoutMs)) / accounts;
    return [accounts, withoutMs.toFixed(1), withMs.toFixed(1), (withMs / withoutMs).toFixed(2), each.toFixed(1)];
  });
  const head = ['accounts in the namespace', 'without, ms', 'with, ms', 'ratio', 'an account, µs'];
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
