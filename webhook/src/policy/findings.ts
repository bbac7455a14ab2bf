/** Why a pod that asks for a role can't have it as it is: all that speaks against it, each with its words. Pure. */
import { ANNOTATIONS, reasonEntry, type ReasonCode } from '@rolechain/shared';
import type { ContainerOutcome } from './container-outcomes.ts';
import { truncate } from '../objects/truncate.ts';

/** One reason, and what this pod adds to its text. */
export interface Finding {
  readonly reason: ReasonCode;
  /** A clause; empty where the text says all. */
  readonly detail: string;
}

/** What each kind of conflict is about, with its containers: `container app: AWS_ROLE_ARN`. In the pod's order. */
export function containerFindings(containers: readonly ContainerOutcome[]): Finding[] {
  const named = new Map<ReasonCode, string[]>();
  for (const { name, conflicts } of containers) {
    for (const reason of new Set(conflicts.map((conflict) => conflict.reason))) {
      const what = conflicts.filter((conflict) => conflict.reason === reason).map((conflict) => conflict.name);
      named.set(reason, [...(named.get(reason) ?? []), `container ${name}: ${truncate(what)}`]);
    }
  }
  return [...named].map(([reason, places]) => ({ reason, detail: truncate(places, '; ') }));
}

/** Everything that speaks against the sidecar, by what it is about. */
export interface Findings {
  /** Refused under every setting. */
  readonly always: readonly Finding[];
  readonly ofPod: readonly Finding[];
  readonly ofContainers: readonly Finding[];
}

/** Those that refuse the pod. Under `warn` a conflict of the pod skips it, whatever its containers set. */
export function refusingFindings({ always, ofPod, ofContainers }: Findings, conflicts: 'refuse' | 'warn'): Finding[] {
  if (conflicts === 'refuse') return [...always, ...ofPod, ...ofContainers];
  if (always.length === 0 && ofPod.length > 0) return [];
  return [...always, ...ofContainers.filter(({ reason }) => reasonEntry(reason).conflict === undefined)];
}

/** What a warning says of a pod that is left without a sidecar. The code stands in front: a long warning is cut. */
export function skipWarning({ reason, detail }: Finding): string {
  const { text, fix } = reasonEntry(reason);
  return `rolechain skips this pod [${reason}]: ${withDetail(text, detail)} ${fix}`;
}

/** The sentence with what this case adds to it. */
export function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text.replace(/\.$/, '')}: ${detail}.`;
}

/** Why no container of the pod holds a role, container by container. */
export function whyNoneHolds(containers: readonly ContainerOutcome[]): string {
  return truncate(
    containers.map(({ name, skipped }) => `${name} (${WHY_NONE[skipped ?? ''] ?? skipped ?? 'given none'})`),
  );
}

const WHY_NONE: Readonly<Record<string, string>> = {
  SkipListed: ANNOTATIONS.skipContainers.key,
  MeshContainer: 'setting meshContainers',
};
