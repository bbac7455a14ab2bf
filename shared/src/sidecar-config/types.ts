/** Whose web identity token: the pod's own projected one, or that of another ServiceAccount by TokenRequest. */

import type { Grammar } from '../annotation/role-arn.ts';
import type { SecretKeyRef } from '../annotation/types.ts';
import type { Startup } from '../enums.ts';

export type TokenConfig =
  | { readonly type: 'projected' }
  | { readonly type: 'token-request'; readonly namespace: string; readonly name: string; readonly audience: string };

/** Where a chain starts. `roleARN` is the account's `eks.amazonaws.com/role-arn`. */
export type SourceConfig =
  | { readonly type: 'auto'; readonly roleARN?: string | undefined; readonly stsRegion: string }
  | { readonly type: 'pod-identity' }
  | { readonly type: 'irsa'; readonly roleARN: string; readonly stsRegion: string; readonly token: TokenConfig }
  | { readonly type: 'environment' };

/** One AssumeRole call. Everything that goes into it stands here. */
export interface HopConfig {
  readonly roleARN: string;
  readonly externalID?: string | undefined;
  /** Instead of externalID: read from its file at each call. */
  readonly externalIDFrom?: SecretKeyRef | undefined;
  /** Template, see session-name.ts. */
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly stsRegion: string;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly transitiveTagKeys?: readonly string[] | undefined;
  readonly policy?: string | undefined;
  readonly policyARNs?: readonly string[] | undefined;
  /** On the first hop of a chain alone. */
  readonly sourceIdentity?: string | undefined;
}

export interface RoleConfig {
  /** Absent where the target is reached by web identity alone. */
  readonly source?: SourceConfig | undefined;
  /** AssumeRoleWithWebIdentity on the target itself: alone, or before the chain. */
  readonly webIdentity?: { readonly mode: 'only' | 'prefer'; readonly token: TokenConfig } | undefined;
  readonly startup: Startup;
  /** The token of the credentials endpoint where the webhook chose it (`authorization-token: env`); else the sidecar makes one. */
  readonly token?: string | undefined;
  /** In order; the last one is the target. */
  readonly hops: readonly HopConfig[];
}

export interface SidecarConfig {
  readonly version: 1;
  /** What the annotation was read by, where that is not ours: it says which role ARNs pass. */
  readonly grammar?: Exclude<Grammar, 'rolechain'> | undefined;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly cluster?: string | undefined;
  readonly ports: { readonly credentials: number; readonly health: number };
  /** URLs of the Pod Identity agent, tried in order. */
  readonly agentEndpoints: readonly string[];
  /** Instead of the Region's own STS endpoint; `{region}` in it stands for the Region of a call. */
  readonly stsEndpoint?: string | undefined;
  /** The Region's FIPS endpoint of STS. */
  readonly useFIPSEndpoint?: boolean | undefined;
  /** The Region's dual-stack endpoint of STS, which has an IPv6 address, too. */
  readonly useDualstackEndpoint?: boolean | undefined;
  readonly roles: Readonly<Record<string, RoleConfig>>;
}
