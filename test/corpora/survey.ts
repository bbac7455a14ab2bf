/** What becomes of many pods on a real apiserver: once before rolechain is there, and once through it. */
import { ANNOTATIONS } from '@rolechain/shared';
import type { V1Pod } from '@kubernetes/client-node';
import type { Change } from '@rolechain/kit/unmanaged/changes.ts';
import { unmanagedChanges } from '@rolechain/kit/unmanaged/fresh.ts';
import type { Answer, DryRuns } from './dry-run.ts';
import { ALLOWED, heldByStatus, lost } from './judge.ts';
import { forApiserver, type NamedPod } from '@rolechain/kit/corpora/load.ts';
import type { PodObject } from '@rolechain/kit/pod.ts';
import { ANNOTATED, PLAIN } from './spaces.ts';

/** A pod and the namespace that it goes to. */
export interface Case extends NamedPod {
  readonly namespace: string;
}

/** A pod that was accepted before rolechain was there, and as what. */
export interface Accepted extends Case {
  readonly before: V1Pod;
}
export interface Judged extends Accepted {
  readonly after: Answer;
}

/** Those that the apiserver accepts with an account that asks for no role. */
export async function acceptedBefore(runs: DryRuns, cases: readonly Case[]): Promise<Accepted[]> {
  const answers = await createAll(runs, cases, PLAIN);
  return cases.flatMap((one, index) => {
    const answer = answers[index];
    return answer?.accepted ? [{ ...one, before: answer.pod }] : [];
  });
}

/** The same pods with an account that asks for a role, or with another. */
export async function judgeAll(runs: DryRuns, cases: readonly Accepted[], account = ANNOTATED): Promise<Judged[]> {
  const answers = await createAll(runs, cases, account);
  return cases.map((one, index) => ({ ...one, after: answers[index] ?? missing() }));
}

function createAll(runs: DryRuns, cases: readonly Case[], account: string): Promise<Answer[]> {
  return Promise.all(cases.map(({ pod, namespace }) => runs.create(forApiserver(pod, namespace, account))));
}

/** The pods that came out, as they go in when a backup tool restores them. */
export function copies(judged: readonly Judged[]): Accepted[] {
  return judged.flatMap((one) => {
    if (!one.after.accepted) return [];
    const { status: _, ...pod } = one.after.pod;
    const { uid: _uid, creationTimestamp: _created, ...metadata } = pod.metadata ?? {};
    return [{ ...one, before: one.after.pod, pod: { ...pod, metadata } as unknown as PodObject }];
  });
}

/** Differences that the contract doesn't name, each with its pod. */
export function foreign(
  judged: readonly Judged[],
  differences = (before: unknown, after: unknown): Change[] => unmanagedChanges(before, after, ALLOWED),
): string[] {
  return judged.flatMap(({ source, before, after }) =>
    after.accepted ? differences(comparable(before), comparable(after.pod)).map((change) => told(source, change)) : [],
  );
}

/** What `uninject` doesn't give back of the pods that came out, each with its pod. */
export function notRestored(judged: readonly Judged[]): string[] {
  return judged.flatMap(({ source, before, after }) => {
    if (!after.accepted) return [];
    const held = heldByStatus(after.pod.metadata?.annotations);
    return lost(comparable(before), comparable(after.pod), held).map((change) => told(source, change));
  });
}

/** Where LimitRanger tells to which containers it gave defaults: the sidecar may be one of them. */
const LIMIT_RANGER = 'kubernetes.io/limit-ranger';

/**
 * The part of a pod that doesn't depend on when and with which account it was created. The class of service goes
 * with the rest of `status`: a pod without resources is no longer BestEffort.
 */
function comparable({ metadata, spec }: V1Pod): unknown {
  const { uid: _, creationTimestamp: _created, ...rest } = metadata ?? {};
  const { serviceAccountName: _name, serviceAccount: _alias, ...others } = spec ?? {};
  const annotations = { ...rest.annotations };
  Reflect.deleteProperty(annotations, LIMIT_RANGER);
  const text = JSON.stringify({ metadata: { ...rest, annotations }, spec: others });
  return JSON.parse(text.replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access')) as unknown;
}

function told(source: string, { kind, path }: Change): string {
  return `${source}: ${kind} ${path}`;
}

/** The reason code in the webhook's refusal; undefined where something else refuses. */
export function reasonOf(answer: Answer): string | undefined {
  if (answer.accepted || !answer.message.startsWith('admission webhook "pods.rolechain.io" denied')) return undefined;
  // The first of all conflicts: its code is the one of the decision.
  return /\[([A-Z]\w+)\](?= Also: |$)/.exec(answer.message)?.[1];
}

/** How often each comes. */
export function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Outcome and reason code of a pod whose account asks for a role, as the answer shows them. */
export function outcomeOf({ after }: Judged): string {
  if (!after.accepted) return `refused ${reasonOf(after) ?? 'by the apiserver'}`;
  const annotations = after.pod.metadata?.annotations ?? {};
  if (ANNOTATIONS.status.key in annotations) return 'Injected';
  return `skipped ${annotations[ANNOTATIONS.skipped.key] ?? 'without a mark'}`;
}

/** What the corpora hold that can't be: read off the pods, not asked of the code under test. */
export function impossible({ pod }: Case): string | undefined {
  const { hostNetwork, os, nodeSelector } = pod.spec as {
    hostNetwork?: boolean;
    os?: { name?: string };
    nodeSelector?: Record<string, string>;
  };
  if (JSON.stringify(pod.spec).includes('"hostProcess":true')) return 'Windows';
  if (os?.name === 'windows' || Object.values(nodeSelector ?? {}).includes('windows')) return 'Windows';
  if (hostNetwork) return 'HostNetwork';
  return JSON.stringify(pod.spec).includes('"AWS_ROLE_ARN"') ? 'OwnWebIdentity' : undefined;
}

function missing(): never {
  throw new Error('a pod got no answer');
}

export function rejected(judged: readonly Judged[]): Judged[] {
  return judged.filter(({ after }) => !after.accepted);
}

/** Those that are refused though nothing that can be read off the pod speaks against them. */
export function wronglyRefused(judged: readonly Judged[]): string[] {
  return rejected(judged)
    .filter((one) => reasonOf(one.after) === undefined || reasonOf(one.after) !== impossible(one))
    .map(({ source, after }) => `${source}: ${after.accepted ? '' : after.message}`);
}
