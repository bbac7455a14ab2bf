/**
 * What becomes of a pod. Pure: the same pod, ServiceAccount, context and settings give the same decision, and the
 * decision carries everything that a message, a log line, a metric and the patch show.
 */
import type { ReasonCode, EksWebhook, RoleSpec } from '@rolechain/shared';
import type { InjectedState } from '../objects/injected-state.ts';
import type { Pod, Resources } from '../objects/pod.ts';
import type { InjectionFacts } from '../injection/sidecar-container.ts';
import type { EksIdentity } from '../injection/vault.ts';
import type { Allowance } from './allowed-roles.ts';
import type { ContainerOutcome } from './container-outcomes.ts';
import type { Refused } from './refusal.ts';

export interface Skipped {
  readonly outcome: 'skipped';
  readonly reason: ReasonCode;
  readonly warnings: readonly string[];
  /** Where a role is asked for: the pod then says why in `rolechain.io/skipped`. */
  readonly marked?: Mark;
}

export interface Mark {
  /** What is ours in the pod goes; undefined where that can't be told from what isn't, and only the annotations change. */
  readonly injected: { readonly pod: Pod; readonly ours: InjectedState; readonly eks: EksWebhook } | undefined;
}

export interface Injected extends InjectionFacts {
  readonly outcome: 'injected';
  readonly reason: ReasonCode;
  readonly warnings: readonly string[];
  /** The sidecar's place among the other init containers. */
  readonly index: number;
  /** Names that the pod's own get. */
  readonly imagePullSecrets: readonly string[];
  /** Of a new sidecar: those of one that is there stay as they are. */
  readonly resources: Resources;
  /** Those that a container holds. */
  readonly roles: readonly RoleSpec[];
  /** Why the namespace allows each ARN of the account's chains. */
  readonly allowances: readonly Allowance[];
  /** Region of the containers whose role names none, and what the EKS webhook is taken to write. */
  readonly eks: EksWebhook;
  readonly defaultRegion: string;
  /** Velero's file system backup is told to leave the token volume out. */
  readonly veleroExclude: boolean;
  /** 127.0.0.1 is added to NO_PROXY. */
  readonly loopbackNoProxy: boolean;
  /** AWS_USE_DUALSTACK_ENDPOINT is set. */
  readonly useDualstackEndpoint: boolean;
  /** `authorization-token: env`. */
  readonly tokensInEnv: boolean;
  readonly containers: readonly ContainerOutcome[];
  /** What Vault's agents are given, where they log in by AWS. */
  readonly vaultIdentity: EksIdentity | undefined;
  /** Hash of the annotation that was read, so that `explain` can tell that it has changed since. */
  readonly annotationHash: string;
}

export type Decision = Skipped | Refused | Injected;
