/** What is wrong with what the webhook makes of a pod, by the pure functions alone: no apiserver. */
import jsonPatch from 'fast-json-patch';
import { ANNOTATIONS } from '@rolechain/shared';
import { patch, uninject, type Decision, type ServiceAccount, type AdmissionContext } from '@rolechain/webhook';
import { call, randomSource, type SETTINGS } from '@rolechain/webhook/testing';
import { changes, type Change } from '@rolechain/kit/unmanaged/changes.ts';
import { unmanagedChanges, type Allowed } from '@rolechain/kit/unmanaged/fresh.ts';
import { DUALSTACK_VARIABLE } from '@rolechain/kit/unmanaged/names.ts';
import { notToRestore } from '@rolechain/kit/unmanaged/restored.ts';

export type Settings = typeof SETTINGS;

/** Of the setting `imagePullSecrets`, in the corpora. */
export const PULL_SECRET = 'rolechain-registry';
/** What the settings of the corpora let the webhook add. */
export const ALLOWED: Allowed = { variables: [DUALSTACK_VARIABLE], pullSecrets: [PULL_SECRET] };

export interface Judgement {
  readonly decision: Decision;
  /** Differences that the contract doesn't name. */
  readonly foreign: readonly Change[];
  /** What a second call changes. */
  readonly again: readonly Change[];
  /** What `uninject` doesn't give back. */
  readonly lost: readonly Change[];
  /** The pod as it comes out. */
  readonly after: unknown;
}

/** One call, a second one with other luck, and `uninject`. */
export function judge(pod: unknown, account: ServiceAccount, settings: Settings, around?: AdmissionContext): Judgement {
  const { decision, pod: after } = call(pod, account, settings, () => 0.25, around);
  const second = call(after, account, settings, () => 0.75, around);
  // Operations that change nothing would still make the apiserver call other webhooks again.
  const idle = patch(after, second.decision, randomSource()).map(({ path }): Change => ({ kind: 'changed', path }));
  const again = [...changes(after, second.pod), ...idle];
  return {
    decision,
    after,
    foreign: unmanagedChanges(pod, after, ALLOWED),
    again,
    lost: lost(pod, after, held(decision)),
  };
}

/** What `uninject` doesn't give back of a pod in which these containers hold a role. */
export function lost(before: unknown, after: unknown, holding: readonly string[]): Change[] {
  const back = jsonPatch.applyPatch(structuredClone(after), uninject(after), true).newDocument;
  return changes(notToRestore(before, holding), notToRestore(back, []));
}

function held(decision: Decision): string[] {
  if (decision.outcome !== 'injected') return [];
  return decision.containers.filter(({ roles }) => roles.length > 0).map(({ name }) => name);
}

/** The containers that hold a role by the pod's own word; none where it has not been injected. */
export function heldByStatus(annotations: Readonly<Record<string, string>> | undefined): string[] {
  const status = JSON.parse(annotations?.[ANNOTATIONS.status.key] ?? '{}') as { containers?: object };
  return Object.keys(status.containers ?? {});
}
