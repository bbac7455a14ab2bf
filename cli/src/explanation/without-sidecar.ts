/** Why a pod that should have a sidecar has none. */
import { askedSince } from '../cluster/accounts.ts';
import type { Json } from '../documents/manifests.ts';
import { at, textAt, textsAt } from '../objects/fields.ts';
import type { Coded } from '../report-schemas/explain.ts';
import { found } from './codes.ts';

export interface Place {
  readonly pod: Json;
  readonly account: Json | undefined;
  readonly namespace: Json | undefined;
  /** Whether the webhook is called for pods of a Namespace with these labels; undefined: that is not known. */
  readonly isCovered: ((labels: Readonly<Record<string, string>>) => boolean) | undefined;
}

/** By the times of the API, which has whole seconds: what came within the pod's own second counts as before it. */
export function whyWithoutSidecar({ pod, account, namespace, isCovered }: Place): Coded {
  const labels =
    namespace && at(namespace, 'metadata') !== undefined ? textsAt(namespace, 'metadata', 'labels') : undefined;
  if (labels && isCovered?.(labels) === false) return found('NotCovered');
  const made = Date.parse(textAt(pod, 'metadata', 'creationTimestamp') ?? '');
  const asked = account && askedSince(account);
  if (asked === undefined || Number.isNaN(made)) return found('WithoutSidecar');
  if (asked <= made) return found('NotCalled');
  return found(
    'AnnotatedLater',
    `The annotation was written at ${new Date(asked).toISOString().replace('.000Z', 'Z')}.`,
  );
}
