import {
  CodedError,
  EKS_POD_IDENTITY_ENABLED,
  parseRoleARN,
  present,
  sessionName,
  withoutUndefined,
  type HopConfig,
  type NothingElse,
  type RoleConfig,
  type SidecarConfig,
  type SourceConfig,
  type Startup,
  type TokenConfig,
} from '@rolechain/shared';

/** One AssumeRole call, with nothing left to resolve but an external ID that stands in a Secret. */
export type HopPlan = HopConfig;

/** What one AssumeRole call sends, and where to. */
export type AssumeRoleCall = Omit<HopPlan, 'externalIDFrom'>;

/** A base identity by AssumeRoleWithWebIdentity. */
export interface IrsaPlan {
  readonly type: 'irsa';
  readonly roleARN: string;
  readonly stsRegion: string;
  readonly sessionName: string;
  readonly token: TokenConfig;
}

/** `auto` where Pod Identity may be there too: one of two identities. */
export interface AgentFirstPlan extends Omit<IrsaPlan, 'type'> {
  readonly type: 'agent-first';
}

/** One base identity. */
export type IdentityPlan = { readonly type: 'pod-identity' } | IrsaPlan | { readonly type: 'environment' };

/** Where a chain starts. */
export type SourcePlan = IdentityPlan | AgentFirstPlan;

export interface RolePlan {
  readonly name: string;
  readonly startup: Startup;
  /** Absent where the target is reached by web identity alone. */
  readonly source?: SourcePlan;
  /** AssumeRoleWithWebIdentity on the target itself: alone, or before the chain. */
  readonly webIdentity?: { readonly mode: 'only' | 'prefer'; readonly token: TokenConfig };
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
  // The token is the endpoint's (sidecar.ts).
  const { source, webIdentity, startup, hops: configured, ...unread }: Omit<RoleConfig, 'token'> = role;
  const _none: NothingElse = unread;
  const hops = configured.map((hop) => withoutUndefined({ ...hop, sessionName: sessionName(hop.sessionName, values) }));
  const [first] = hops;
  const target = hops.at(-1);
  // The schema of the configuration asks for one hop at least.
  if (first === undefined || target === undefined) throw new CodedError('ConfigInvalid', `Role ${name} has no hop.`);
  const labelled = pod.podIdentityLabel === EKS_POD_IDENTITY_ENABLED;
  return present<RolePlan>({
    name,
    startup,
    source: source && chooseSource(source, { labelled, firstHop: first }),
    webIdentity,
    accountID: parseRoleARN(target.roleARN)?.account,
    hops,
  });
}

/** What decides, beside the configuration: the label that the EKS webhook writes. */
export interface SourceContext {
  readonly labelled: boolean;
  /** Its session name is used where the source has none of its own. */
  readonly firstHop: Pick<HopPlan, 'sessionName'>;
}

/** The plan of a configured source. Pure. */
export function chooseSource(source: SourceConfig, { labelled, firstHop }: SourceContext): SourcePlan {
  const { sessionName } = firstHop;
  switch (source.type) {
    case 'pod-identity':
    case 'environment':
      return { type: source.type };
    case 'irsa':
      return { ...source, sessionName };
    case 'auto': {
      const { roleARN, stsRegion } = source;
      if (roleARN === undefined) return { type: 'pod-identity' };
      // Another account's token is never `auto`: the webhook writes irsa then.
      const token = { type: 'projected' } as const;
      return { type: labelled ? 'agent-first' : 'irsa', roleARN, stsRegion, sessionName, token };
    }
  }
}

/** A plan as the log shows it at start: an external ID may be a secret between two companies. */
export function describePlan(role: RolePlan): object {
  const hops = role.hops.map(({ externalID, ...hop }) => ({ ...hop, externalID: externalID !== undefined }));
  return { ...role, hops };
}
