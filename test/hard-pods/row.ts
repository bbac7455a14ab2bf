/** The form of a hard pod: a row of a table that the tests, the real apiserver and docs/pods.md read. */
import { ANNOTATIONS, type Outcome, type ReasonCode } from '@rolechain/shared';
import type { AccountName } from './accounts.ts';
import type { Variant } from './variants.ts';

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly [field: string]: unknown;
}
export interface Pod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>>; readonly [field: string]: unknown };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly volumes?: readonly { readonly name: string; readonly [field: string]: unknown }[];
    readonly [field: string]: unknown;
  };
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface HardPod {
  /** What is hard about it, as docs/pods.md says it. */
  readonly name: string;
  readonly pod: Pod;
  /** The ServiceAccount that it runs as; `orders` when absent. */
  readonly account?: AccountName;
  /** The webhook's settings; the defaults when absent. */
  readonly variant?: Variant;
  /** `shop` when absent. */
  readonly namespace?: 'shop' | 'fenced' | 'overgrown' | 'strict' | 'tight';
  readonly outcome: Outcome;
  readonly reason: ReasonCode;
  /** Containers that are left alone, and why. */
  readonly leftAlone?: Readonly<Record<string, ReasonCode>>;
  /** What follows for the pod, as docs/pods.md says it. */
  readonly so: string;
  /** In the message of a refusal, or in a warning. */
  readonly says?: RegExp;
  /** What is looked at in the resulting pod, and what is seen. */
  readonly shows?: readonly [(pod: Pod) => unknown, unknown];
  /** Holds something of ours already, so that what is foreign in it can't be told by name. */
  readonly isCopy?: true;
  /** What the apiserver has against the pod with or without us; `unsent` where it calls no webhook with it. */
  readonly apiserver?: RegExp | 'unsent';
  /** Fields of the review beside the pod. */
  readonly request?: Readonly<Record<string, unknown>>;
}

/** A pod of one plain container, or of these fields. */
export function podOf(spec: Readonly<Record<string, unknown>> = {}, annotations?: Record<string, string>): Pod {
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
export function appWith(fields: Readonly<Record<string, unknown>>): Pod {
  return podOf({ containers: [container('app', fields)] });
}

/** Every container of a pod, in the order in which they start. */
export function containersOf({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

export function named(pod: Pod, name: string): Container | undefined {
  return containersOf(pod).find((one) => one.name === name);
}

export function valueOf(pod: Pod, name: string, variable: string): string | undefined {
  return named(pod, name)?.env?.find((one) => one.name === variable)?.value;
}

/** The pod as its author writes it, of this row's account. A mirror pod names none. */
export function written({ pod, account = 'orders' }: HardPod): Pod {
  return account === 'default' ? pod : { ...pod, spec: { ...pod.spec, serviceAccountName: account } };
}

/** Containers that the pod's status says are left alone, and why. */
export function leftAlone({ metadata }: Pod): Readonly<Record<string, string>> {
  const status = metadata.annotations?.[ANNOTATIONS.status.key];
  return status === undefined ? {} : (JSON.parse(status) as { skipped: Record<string, string> }).skipped;
}

/** What the pod says of why it has no sidecar: the guard lets it pass by that. */
export function skippedFor({ metadata }: Pod): string | undefined {
  return metadata.annotations?.[ANNOTATIONS.skipped.key];
}

/** What `skippedFor` shall be: only a pod that is left alone though its account asks for a role carries it. */
export function markOf({ outcome, reason, variant }: HardPod): ReasonCode | undefined {
  return outcome === 'skipped' && (reason === 'NoContainerSelected' || variant === 'warn') ? reason : undefined;
}
