/**
 * The sidecar's configuration: one versioned document that the webhook writes into ROLECHAIN_CONFIG
 * and the sidecar reads. Both go through this file, so that they can't disagree.
 */
import type { SecretKeyRef } from '../annotation/parse.ts';
import type { Grammar } from '../annotation/role-arn.ts';
import type { Startup } from '../enums.ts';
import { LIMITS } from '../limits.ts';
import { problem, type Checked } from '../problem.ts';
import { check } from '../schema.ts';
import { configRuleProblems } from './rules.ts';
import { configSchema } from './schema.ts';

export { ENDPOINT_TOKEN } from './schema.ts';

/** Whose web identity token: the pod's own projected one, or that of another ServiceAccount by TokenRequest. */
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

/**
 * The document as ROLECHAIN_CONFIG carries it. Every `$` is written \u0024: the kubelet expands
 * `$(NAME)` in environment values and turns `$$` into `$` (k8s.io/kubernetes third_party/forked/golang/expansion).
 */
export function writeSidecarConfig(config: SidecarConfig): string {
  return JSON.stringify(config).replaceAll('$', String.raw`\u0024`);
}

/** Reads what `writeSidecarConfig` wrote; every problem names its field. No input throws. */
export function parseSidecarConfig(json: string): Checked<SidecarConfig> {
  const bytes = Buffer.byteLength(json);
  if (bytes > LIMITS.configBytes) {
    return {
      ok: false,
      problems: [problem('DocumentTooLarge', '', `has ${bytes} bytes; its limit is ${LIMITS.configBytes}`)],
    };
  }
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return { ok: false, problems: [problem('DocumentUnreadable', '', 'is not valid JSON')] };
  }
  return checkSidecarConfig(data);
}

/**
 * The configuration, or every problem in it: by the annotation's own field schemas and rules. Admission asks
 * it of what it is about to write, the sidecar of what it was given, so that neither takes what the other refuses.
 */
export function checkSidecarConfig(data: unknown): Checked<SidecarConfig> {
  const checked = check(configSchema(data), data);
  const problems = checked.ok ? configRuleProblems(checked.value) : [];
  return problems.length > 0 ? { ok: false, problems } : checked;
}
