import {
  CodedError,
  parseRoleARN,
  sessionName,
  type RoleConfig,
  type SidecarConfig,
  type Startup,
} from '@rolechain/shared';
import { chooseSource } from './source/auto.ts';

/** One AssumeRole call, with nothing left to resolve. */
export interface HopPlan {
  readonly roleARN: string;
  readonly externalID?: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly stsRegion: string;
}

/** A base identity by AssumeRoleWithWebIdentity; `agent-first` is `auto` where Pod Identity may be there too. */
export interface WebIdentityPlan {
  readonly type: 'irsa' | 'agent-first';
  readonly roleARN: string;
  readonly stsRegion: string;
  readonly sessionName: string;
}

/** Where a chain starts. */
export type SourcePlan =
  { readonly type: 'pod-identity' } | WebIdentityPlan | { readonly type: 'environment'; readonly stsRegion: string };

export interface RolePlan {
  readonly name: string;
  readonly startup: Startup;
  readonly source: SourcePlan;
  /** In order; the last one is the target. */
  readonly hops: readonly HopPlan[];
  /** The account of the target role, for the answer's AccountId; undefined when the ARN shows none. */
  readonly accountID?: string;
}

/** What the pod adds to its configuration, through the downward API. */
export interface PodFacts {
  readonly podName: string;
  /** Value of the label `eks.amazonaws.com/pod-identity`; empty without it. */
  readonly podIdentityLabel: string;
}

/** What the sidecar will do, role by role. Pure; a configuration that parses always has a plan. */
export function plan(config: SidecarConfig, pod: PodFacts): RolePlan[] {
  return Object.entries(config.roles).map(([name, role]) => planRole(name, role, config, pod));
}

function planRole(name: string, role: RoleConfig, config: SidecarConfig, pod: PodFacts): RolePlan {
  const { namespace, serviceAccount, cluster = '' } = config;
  const values = { namespace, serviceAccount, cluster, pod: pod.podName };
  const hops = role.hops.map(({ roleARN, externalID, durationSeconds, stsRegion, sessionName: template }) => ({
    roleARN,
    ...(externalID === undefined ? {} : { externalID }),
    sessionName: sessionName(template, values),
    durationSeconds,
    stsRegion,
  }));
  const [first] = hops;
  const target = hops.at(-1);
  // The schema of the configuration asks for one hop at least.
  if (first === undefined || target === undefined) throw new CodedError('ConfigInvalid', `Role ${name} has no hop.`);
  const source = chooseSource(role.source, { labelled: pod.podIdentityLabel === 'enabled', firstHop: first });
  const accountID = parseRoleARN(target.roleARN)?.account;
  return { name, startup: role.startup, source, hops, ...(accountID === undefined ? {} : { accountID }) };
}

/** A plan as the log shows it at start: an external ID may be a secret between two companies. */
export function describePlan(role: RolePlan): object {
  const hops = role.hops.map(({ externalID, ...hop }) => ({ ...hop, externalID: externalID !== undefined }));
  return { ...role, hops };
}
