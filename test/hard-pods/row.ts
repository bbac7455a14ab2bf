/** The form of a hard pod: a row of a table that the tests, the real apiserver and docs/pods.md read. */
import { findContainer, valueOf, type Container, type PodObject } from '@rolechain/kit/pod.ts';
import { ANNOTATIONS, REASONS, type Outcome, type ReasonCode } from '@rolechain/shared';
import type { AccountName, NamespaceName } from './accounts.ts';
import type { Variant } from './variants.ts';

export interface HardPod {
  /** What is hard about it, as docs/pods.md says it. */
  readonly name: string;
  readonly pod: PodObject;
  /** The ServiceAccount that it runs as; `orders` when absent. */
  readonly account?: AccountName;
  /** The webhook's settings; the defaults when absent. */
  readonly variant?: Variant;
  /** `shop` when absent. */
  readonly namespace?: NamespaceName;
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  /** Containers that are left alone, and why. */
  readonly leftAlone?: Readonly<Record<string, ReasonCode>>;
  /** What follows for the pod, as docs/pods.md says it. */
  readonly so: string;
  /** In the message of a refusal, or in a warning. */
  readonly says?: RegExp;
  /** What is looked at in the resulting pod, and what is seen. */
  readonly shows?: readonly [(pod: PodObject) => unknown, unknown];
  /** Holds something of ours already, so that what is foreign in it can't be told by name. */
  readonly isCopy?: true;
  /** What the apiserver has against the pod with or without us; `unsent` where it calls no webhook with it. */
  readonly apiserver?: RegExp | 'unsent';
  /** Fields of the review beside the pod. */
  readonly request?: Readonly<Record<string, unknown>>;
}

/** A pod of one plain container, or of these fields. */
export function podOf(spec: Readonly<Record<string, unknown>> = {}, annotations?: Record<string, string>): PodObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'hard-', ...(annotations ? { annotations } : {}) },
    spec: { containers: [container('app')], ...spec },
  };
}

export function container(name: string, fields: Readonly<Record<string, unknown>> = {}): Container {
  return { name, image: 'registry.example/app:1', ...fields };
}

/** A pod whose one container has these fields. */
export function appWith(fields: Readonly<Record<string, unknown>>): PodObject {
  return podOf({ containers: [container('app', fields)] });
}

/** The value of a container's variable. */
export function variableOf(pod: PodObject, name: string, variable: string): string | undefined {
  return valueOf(findContainer(pod, name), variable);
}

/** The pod as its author writes it, of this row's account. A mirror pod names none. */
export function written({ pod, account = 'orders' }: HardPod): PodObject {
  return account === 'default' ? pod : { ...pod, spec: { ...pod.spec, serviceAccountName: account } };
}

/** Containers that the pod's status says are left alone, and why. */
export function leftAlone({ metadata }: PodObject): Readonly<Record<string, string>> {
  const status = metadata.annotations?.[ANNOTATIONS.status.key];
  return status === undefined ? {} : (JSON.parse(status) as { skipped: Record<string, string> }).skipped;
}

/** What the pod says of why it has no sidecar: the guard lets it pass by that. */
export function skippedFor({ metadata }: PodObject): string | undefined {
  return metadata.annotations?.[ANNOTATIONS.skipped.key];
}

/** What `skippedFor` shall be: only a pod that is left alone though its account asks for a role carries it. */
export function markOf({ outcome, reason, variant }: HardPod): ReasonCode | undefined {
  if (outcome !== 'skipped') return undefined;
  const isConflict = 'conflict' in REASONS[reason] && (variant === 'warn' || variant === 'defaultRole');
  return isConflict || reason === 'NoContainerSelected' || reason === 'DefaultNotAllowed' ? reason : undefined;
}
