/** Pods that come and go, and some that stay: what became of them, and what their SDKs saw. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { ANNOTATIONS, SIDECAR } from '@rolechain/shared';
import { SHOP, statusOf, type Kube } from '../node/suite/kube.ts';
import { podOf, type App } from '../node/suite/workloads.ts';

export interface Seen {
  pods: number;
  /** Created, and without a sidecar: the webhook was not asked or did not answer. */
  notInjected: number;
  /** By the guard, or for another reason. */
  refused: string[];
  calls: number;
  failedCalls: number;
  errors: Map<string, number>;
  /** Pods of which no call is known, and why. */
  silent: string[];
  /** What the soak itself could not ask or wait for. */
  troubles: string[];
  sidecarRestarts: number;
}

export const nothingSeen = (): Seen => ({
  ...{ pods: 0, notInjected: 0, refused: [], calls: 0, failedCalls: 0, errors: new Map(), silent: [], troubles: [] },
  sidecarRestarts: 0,
});

export interface Crowd {
  readonly kube: Kube;
  readonly app: App;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly seen: Seen;
}

const ACCOUNTS = ['orders', 'irsa'];
const LIVES_SECONDS = [8, 25] as const;
const AT_ONCE = 3;
const STAY = 3;

/** Until the signal; then all are read and taken away. */
export async function runCrowd(crowd: Crowd, seconds: number): Promise<void> {
  const { troubles } = crowd.seen;
  const staying = Array.from({ length: STAY }, (_, index) =>
    noting(troubles, () => stay(crowd, `soak-stays-${index}`, index, seconds)),
  );
  const [low, high] = LIVES_SECONDS;
  const comeAndGo = async (lane: number): Promise<void> => {
    for (let round = 0; !crowd.signal.aborted; round++) {
      const name = `soak-${lane}-${round}`;
      await noting(troubles, () => live(crowd, name, round + lane, low + (high - low) * crowd.random()));
    }
  };
  await Promise.all([...staying, ...Array.from({ length: AT_ONCE }, (_, lane) => comeAndGo(lane))]);
}

/** A question that fails is no reason to stop: it stands in the table. */
export async function noting(troubles: string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    troubles.push(String(error).slice(0, 300));
  }
}

/** One pod that runs for so long, ends, is read and deleted. Some are deleted in their midst. */
async function live(crowd: Crowd, name: string, index: number, seconds: number): Promise<void> {
  if (!(await create(crowd, name, index, seconds))) {
    await sleep(2000);
    return;
  }
  const isCut = crowd.random() < 0.2;
  if (isCut) {
    await untilPod(crowd.kube, name, 'it runs or has ended', (pod) => pod.status?.phase !== 'Pending');
    await sleep(300 * seconds);
    // Where processors are scarce its program has not begun by then.
    await until(
      `${name}: it has made a call`,
      PATIENCE_MS,
      async () => (await lastTold(crowd.kube, name)) !== undefined,
    );
  } else {
    await untilPod(crowd.kube, name, 'it has ended', (pod) => /Succeeded|Failed/.test(pod.status?.phase ?? ''));
  }
  await readAndDelete(crowd, name);
}

async function stay(crowd: Crowd, name: string, index: number, seconds: number): Promise<void> {
  if (!(await create(crowd, name, index, 2 * seconds + 3600))) return;
  await once(crowd.signal);
  await readAndDelete(crowd, name);
}

const once = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** False where the apiserver took it not. */
async function create({ kube, app, seen }: Crowd, name: string, index: number, seconds: number): Promise<boolean> {
  const account = ACCOUNTS[index % ACCOUNTS.length] ?? '';
  const containers = { app: ['soak', String(Math.round(seconds))] };
  const object = podOf(app, name, { account, containers, restartPolicy: 'Never', terminationGracePeriodSeconds: 20 });
  const { code, stderr } = await kube.tryCreate(object);
  if (code !== 0) {
    seen.refused.push(stderr.trim().slice(-300));
    return false;
  }
  seen.pods++;
  const pod = await kube.pod(name);
  if (pod.metadata?.annotations?.[ANNOTATIONS.status.key] === undefined) seen.notInjected++;
  return true;
}

function untilPod(kube: Kube, name: string, what: string, is: (pod: V1Pod) => boolean): Promise<unknown> {
  return until(`${name}: ${what}`, PATIENCE_MS, async () => is(await kube.pod(name)));
}

/** What its program said last of its calls. */
async function lastTold(kube: Kube, name: string): Promise<string | undefined> {
  const { stdout } = await kube.tryKubectl('logs', name, `--namespace=${SHOP}`, '--container=app', '--tail=5');
  return stdout
    .trim()
    .split('\n')
    .findLast((line) => line.startsWith('{"calls"'));
}

async function readAndDelete({ kube, seen }: Crowd, name: string): Promise<void> {
  const last = await lastTold(kube, name);
  const pod = await kube.pod(name);
  if (last === undefined) seen.silent.push(`${name} ${JSON.stringify(pod.status?.containerStatuses?.[0]?.state)}`);
  else add(seen, JSON.parse(last) as Told);
  seen.sidecarRestarts += statusOf(pod, SIDECAR.name)?.restartCount ?? 0;
  await kube.tryKubectl('delete', 'pod', name, `--namespace=${SHOP}`, '--wait=false');
}

interface Told {
  readonly calls: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
}

function add(seen: Seen, { calls, failed, errors }: Told): void {
  seen.calls += calls;
  seen.failedCalls += failed;
  for (const [text, count] of Object.entries(errors)) seen.errors.set(text, (seen.errors.get(text) ?? 0) + count);
}
