/**
 * Profiles that assume a role, alone or by way of others, and the chains that say the same.
 * Sources: AWS SDKs and Tools Reference Guide, "Assume role credential provider" (role_arn, source_profile, credential_source,
 * external_id, duration_seconds, role_session_name, mfa_serial, web_identity_token_file) and "Process credential provider";
 * clowdhaus/epicac, aws-config: a profile whose credential_process is epicac, and one with role_arn that it is the source of.
 */
import { LIMITS } from '@rolechain/shared';
import type { Profile } from './aws-config.ts';
import type { Tool, WrittenRole } from './types.ts';

export interface Why {
  readonly why: string;
  readonly fix: string;
}

export type Chain =
  | {
      readonly ok: true;
      readonly tool: Tool;
      readonly role: WrittenRole;
      readonly baseRoleARN?: string;
      /** Settings that the annotation has no field for, with the reason. */
      readonly lost: readonly (Why & { readonly setting: string })[];
      /** Settings that are not about credentials: they stay in the file. */
      readonly kept: readonly string[];
    }
  | ({ readonly ok: false } & Why);

/** Where a chain starts. */
interface Base {
  readonly tool: Tool;
  readonly credentialSource: 'irsa' | 'pod-identity';
  readonly baseRoleARN?: string;
}

/** The profiles that no other one has for its source: the ends of chains. */
export function ends(profiles: ReadonlyMap<string, Profile>): string[] {
  const sources = new Set([...profiles.values()].map((profile) => profile.get('source_profile')));
  return [...profiles].filter(([name, profile]) => profile.has('role_arn') && !sources.has(name)).map(([name]) => name);
}

/** The chain that a profile is; undefined where it assumes no role. Never holds a key, nor the value of one. */
export function chainOf(name: string, profiles: ReadonlyMap<string, Profile>): Chain | undefined {
  const hops: Profile[] = [];
  const seen = new Set<string>();
  let at = name;
  for (;;) {
    const profile = profiles.get(at);
    if (!profile) return failed(`profile ${at} is not in the file`, 'add it, or correct source_profile');
    if (seen.has(at)) return failed(`profile ${at} is a source of its own`, 'correct source_profile');
    seen.add(at);
    if (profile.has('mfa_serial'))
      return failed(`profile ${at} asks for an MFA device`, 'a pod has none: use a role without');
    if (!profile.has('role_arn') || profile.has('web_identity_token_file'))
      return finish(hops, baseOf(at, profile), profile);
    hops.unshift(profile);
    const source = profile.get('source_profile');
    if (source === undefined) return finish(hops, bySource(at, profile.get('credential_source')));
    if (source === at) return failed(`profile ${at} starts from static keys of its own`, STATIC);
    at = source;
  }
}

const STATIC =
  'give the ServiceAccount a base identity: an association of EKS Pod Identity, or eks.amazonaws.com/role-arn';
const failed = (why: string, fix: string): Chain => ({ ok: false, why, fix });

function baseOf(name: string, profile: Profile): Base | Why {
  const role = profile.get('role_arn');
  if (role !== undefined) return { tool: 'AWS profiles', credentialSource: 'irsa', baseRoleARN: role };
  const process = profile.get('credential_process');
  // The first word is the program: epicac is called by its path, and takes no arguments.
  if (process !== undefined && /^["']?(?:[^\s"']*\/)?epicac(?:["'\s]|$)/.test(process)) {
    return { tool: 'epicac', credentialSource: 'pod-identity' };
  }
  if (process !== undefined) {
    return { why: `profile ${name} starts from a program of its own (credential_process)`, fix: STATIC };
  }
  if (profile.has('aws_access_key_id')) return { why: `profile ${name} starts from static keys`, fix: STATIC };
  return { why: `profile ${name} says no source of credentials that a pod has`, fix: STATIC };
}

function bySource(name: string, source: string | undefined): Base | Why {
  if (source === 'EcsContainer') return { tool: 'AWS profiles', credentialSource: 'pod-identity' };
  if (source === 'Ec2InstanceMetadata') {
    return { why: `profile ${name} starts from the node's role, which rolechain never uses`, fix: STATIC };
  }
  if (source === 'Environment') return { why: `profile ${name} starts from keys in the environment`, fix: STATIC };
  return { why: `profile ${name} says neither source_profile nor a known credential_source`, fix: STATIC };
}

/** `direct`: the profile that the chain starts from; where there are no hops, it is the whole. */
function finish(hops: readonly Profile[], base: Base | Why, direct?: Profile): Chain | undefined {
  const target = hops.at(-1);
  if (!target) {
    // A profile of web identity alone: the sidecar assumes the same role by the same call.
    if (!direct?.has('role_arn')) return undefined;
    const { hop, lost } = hopOf(direct, LIMITS.durationMaxSeconds);
    const role: WrittenRole = { ...hop, credentialSource: 'irsa', webIdentity: 'only' };
    return { ok: true, tool: 'AWS profiles', role: withRegion(role, direct), lost, kept: keptOf(direct) };
  }
  if ('why' in base) return { ok: false, ...base };
  const all = hops.map((profile) => hopOf(profile, LIMITS.durationMaxChainedSeconds));
  const [last] = all.slice(-1);
  const via = all.slice(0, -1).map(({ hop }) => hop);
  if (!last) return undefined;
  const role: WrittenRole = {
    ...last.hop,
    credentialSource: base.credentialSource,
    ...(via.length === 0 ? {} : { via }),
  };
  return {
    ok: true,
    tool: base.tool,
    role: withRegion(role, target),
    ...(base.baseRoleARN === undefined ? {} : { baseRoleARN: base.baseRoleARN }),
    lost: all.flatMap(({ lost }) => lost),
    kept: [...new Set(hops.flatMap(keptOf))],
  };
}

interface Hop {
  readonly roleARN: string;
  readonly externalID?: string;
  readonly sessionName?: string;
  readonly duration?: number;
}

function hopOf(profile: Profile, maxSeconds: number): { hop: Hop; lost: (Why & { setting: string })[] } {
  const externalID = profile.get('external_id');
  const sessionName = profile.get('role_session_name');
  const seconds = Number(profile.get('duration_seconds') ?? Number.NaN);
  const isOver = seconds > maxSeconds;
  const hop: Hop = {
    roleARN: profile.get('role_arn') ?? '',
    ...(externalID === undefined ? {} : { externalID }),
    ...(sessionName === undefined ? {} : { sessionName }),
    ...(Number.isInteger(seconds) ? { duration: Math.min(seconds, maxSeconds) } : {}),
  };
  const why = `STS gives a chained session ${maxSeconds} s at most`;
  const fix = 'nothing: the sidecar renews it in time';
  return { hop, lost: isOver ? [{ setting: 'duration_seconds', why, fix }] : [] };
}

function withRegion(role: WrittenRole, profile: Profile): WrittenRole {
  const region = profile.get('region');
  return region === undefined ? role : { ...role, region };
}

/** What the annotation has a field for, what it makes needless, and what is secret. */
const CARRIED = new Set([
  'role_arn',
  'source_profile',
  'credential_source',
  'web_identity_token_file',
  'external_id',
  'role_session_name',
  'duration_seconds',
  'region',
  'credential_process',
  'sts_regional_endpoints',
]);

function keptOf(profile: Profile): string[] {
  return [...profile.keys()].filter((key) => !CARRIED.has(key) && !key.startsWith('aws_'));
}
