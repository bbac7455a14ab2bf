/**
 * What the guards cost a pod's creation, by the number of accounts in its namespace: the apiserver hands over all of
 * them, one by one, to each guard, and their first condition finds the pod's own.
 */
import { ANNOTATIONS, GUARD_BINDINGS, LIMITS, SIDECAR } from '@rolechain/shared';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { Api } from './api.ts';
import { ROLE, account, namespace } from './installed.ts';
import { container, outcomeOf, pod } from './pods.ts';

export interface Cost {
  /** In the namespace. */
  readonly accounts: number;
  readonly guards: string;
  /** Median of a pod's creation by server-side dry run, in milliseconds. */
  readonly ms: number;
  /** Processor time of the apiserver for one, in milliseconds: the same on a machine that does other things beside. */
  readonly cpuMs: number;
}

/** A namespace that is measured, and the pod that is made in it. */
interface Case {
  readonly guards: string;
  /** Which guards look at it. */
  readonly by: 'none' | 'first' | 'both';
  /** Of the Namespace. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly pod: (inNamespace: string) => KubeObject;
}

/** As long as a name may be: a glob is matched against each letter. */
const LONGEST = `${'a-b.'.repeat(63)}c`;
const filled = (piece: string): string =>
  piece.repeat(Math.floor(LIMITS.assumeRoleAccountsBytes / piece.length)).trim();
/** Names without a star, as many stars as there may be, and stars between letters of the name. */
const LISTS = {
  names: filled('x-yz '),
  stars: filled(`${'*'.repeat(252)}9 `),
  letters: filled(`${'*b'.repeat(126)}x `),
};

const { assumeRole, assumeRoleAccounts } = ANNOTATIONS;
const plain = (inNamespace: string): KubeObject => pod(inNamespace, 'plain');
const longest = (inNamespace: string): KubeObject => pod(inNamespace, LONGEST);
const asInjected = (inNamespace: string): KubeObject =>
  pod(inNamespace, 'plain', { spec: { initContainers: [{ ...container(SIDECAR.name), restartPolicy: 'Always' }] } });
const given = (accounts?: string): Readonly<Record<string, string>> => ({
  [assumeRole.key]: ROLE,
  ...(accounts === undefined ? {} : { [assumeRoleAccounts.key]: accounts }),
});

/** All of them make a pod that is admitted. The first is what the others are held against. */
const CASES: readonly [Case, ...Case[]] = [
  { guards: 'none', by: 'none', pod: plain },
  { guards: 'the first alone', by: 'first', pod: plain },
  { guards: 'both, no default', by: 'both', pod: plain },
  { guards: 'both, default for all, injected pod', by: 'both', annotations: given(), pod: asInjected },
  { guards: 'both, default for `orders-*`, pod of another', by: 'both', annotations: given('orders-*'), pod: plain },
  ...Object.entries(LISTS).map(([name, list]): Case => {
    return { guards: `both, a list at its limit, of ${name}`, by: 'both', annotations: given(list), pod: longest };
  }),
];

/** Marks a namespace that no guard looks at, or only the first. */
const LEFT_TO = 'guard-cost.example.com/guards';
const BINDINGS = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
/** Pods of one turn: the count of processor time has steps of 10 ms. */
const TURN = 20;
/** Requests at once while the accounts are made. */
const WRITERS = 16;

/**
 * Measures in an apiserver that has both guards and no webhook. For each size the namespaces of all cases take turns, so
 * that what else the machine does meets all alike.
 */
export async function measureCost(api: Api, sizes: readonly number[], rounds: number): Promise<Cost[]> {
  await leaveOut(api);
  const costs: Cost[] = [];
  for (const accounts of sizes) {
    const places = CASES.map((one, index) => {
      return { ...one, name: `accounts-${accounts}-${index}`, times: [] as number[], cpu: 0 };
    });
    for (const place of places) await fill(api, place.name, accounts, place);
    for (const { name, by } of places) {
      const outcome = by === 'none' ? 'plain' : 'refused by the guard';
      const probe = async () => (await outcomeOf(api, pod(name, 'asking'))).outcome;
      await until('the guards know the namespace', PATIENCE_MS, async () => (await probe()) === outcome);
    }
    for (let done = 0; done < rounds; done += TURN) {
      for (const place of places) {
        const before = await cpuMsOf(api);
        for (let i = done; i < Math.min(done + TURN, rounds); i++) place.times.push(await milliseconds(api, place));
        place.cpu += (await cpuMsOf(api)) - before;
      }
    }
    costs.push(
      ...places.map(({ guards, times, cpu }) => ({ accounts, guards, ms: median(times), cpuMs: cpu / rounds })),
    );
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
  const rows = costs.map(({ accounts, guards, ms, cpuMs }) => {
    const without = costs.find((one) => one.accounts === accounts)?.cpuMs ?? NaN;
    const more = cpuMs - without;
    return [accounts, guards, ...[ms, more, (1000 * more) / accounts].map((figure) => figure.toFixed(1))];
  });
  const head = ['accounts', 'guards', 'pod, ms', 'more of a core, ms', 'an account, µs of a core'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The bindings of each guard, but for the namespaces that are left to fewer. */
async function leaveOut(api: Api): Promise<void> {
  for (const name of GUARD_BINDINGS) {
    const values = name.includes('default-role') ? ['none', 'first'] : ['none'];
    const namespaceSelector = { matchExpressions: [{ key: LEFT_TO, operator: 'NotIn', values }] };
    await api.patch(`${BINDINGS}/${name}`, { spec: { matchResources: { namespaceSelector } } });
  }
}

/** One account that asks for a role, one of the longest name, and plain ones up to `accounts`. */
async function fill(api: Api, name: string, accounts: number, { by, annotations }: Case): Promise<void> {
  const made = namespace(name, { [LEFT_TO]: by });
  await api.post('/api/v1/namespaces', { ...made, metadata: { ...made.metadata, annotations } });
  const path = `/api/v1/namespaces/${name}/serviceaccounts`;
  const write = async (body: object): Promise<void> => {
    const answer = await api.post(path, body);
    if (answer.status !== 201) throw new Error(answer.body);
  };
  const more = Array.from({ length: Math.max(0, accounts - 3) }, (_, index) => `plain-${index}`);
  const names = ['plain', LONGEST, ...more].values();
  await write(account(name, 'asking', ROLE));
  const writer = async (): Promise<void> => {
    for (const next of names) await write(account(name, next));
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

async function milliseconds(api: Api, place: Case & { readonly name: string }): Promise<number> {
  const started = performance.now();
  const { outcome, message } = await outcomeOf(api, place.pod(place.name));
  const ms = performance.now() - started;
  // What looks like the sidecar is not one of ours.
  if (outcome !== 'plain') throw new Error(`${place.guards}: ${outcome}: ${message}`);
  return ms;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
