/** The calls by which a ServiceAccount comes to its roles, from its configuration and from what is known of its base. Pure. */
import {
  parseRoleARN,
  type HopConfig,
  type RoleConfig,
  type SidecarConfig,
  type SourceConfig,
  type TokenConfig,
} from '@rolechain/shared';
import type { Value } from './document.ts';
import { sessionNamePatterns } from './session-name-patterns.ts';

/** What the ServiceAccount does not say of its base identity. */
export interface BaseFacts {
  /** The role of the Pod Identity association, or whose keys the Secret of `environment` holds. */
  readonly baseARN: Value;
  /** Whether there is an association beside `eks.amazonaws.com/role-arn`: the base may then be either. */
  readonly hasAssociation: boolean;
  readonly clusterARN: Value;
  /** Of the cluster's tokens, without `https://`. */
  readonly issuer: Value;
  /** Of the ServiceAccount's own IRSA tokens. */
  readonly audience: string;
}

/** The pod's ServiceAccount, as EKS Pod Identity writes it into session tags that the pod cannot choose. */
export interface EksTags {
  readonly clusterARN: Value;
  readonly namespace: string;
  readonly serviceAccount: string;
}

export interface WebIdentity {
  readonly issuer: Value;
  readonly subject: string;
  readonly audience: string;
}

export type Caller =
  | { readonly type: 'eks-auth' }
  | ({ readonly type: 'web-identity' } & WebIdentity)
  | { readonly type: 'principal'; readonly arn: Value };

export type BaseType = 'pod-identity' | 'irsa' | 'environment' | 'web-identity';
export type Part = 'base' | 'hop' | 'target';

/** One call of STS: who asks, for which role, and what the request and the caller's session hold. */
export interface Assumption {
  readonly roleARN: Value;
  readonly part: Part;
  readonly caller: Caller;
  /** Patterns of the session's name; absent where another than rolechain may choose it. */
  readonly sessionNames?: readonly string[];
  readonly externalID?: Value;
  /** Of this request alone. */
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** Tags that the caller's session passes on, those of EKS aside. */
  readonly inheritedTags: Readonly<Record<string, string>>;
  /** Whether the caller's session carries EKS's tags, or, by EKS itself, the request. */
  readonly eksTags?: EksTags;
  /** The caller's role is the base of both identities: a session without EKS's tags is meant. */
  readonly isUntagged: boolean;
  /** Requested or inherited. */
  readonly sourceIdentity?: string;
  /** Session policy of the caller: what it does not allow, the caller may not do. */
  readonly callerPolicy?: string;
  /** Whether managed session policies limit the caller, too. */
  readonly callerPolicyARNs: readonly string[];
}

/** A way to one role, from one base identity. */
export interface Path {
  readonly role: string;
  readonly base: BaseType;
  readonly calls: readonly Assumption[];
}

/** Every way to every role. */
export function pathsOf(config: SidecarConfig, facts: BaseFacts): Path[] {
  return Object.entries(config.roles).flatMap(([name, role]) => pathsOfRole(name, role, config, facts));
}

function pathsOfRole(name: string, role: RoleConfig, config: SidecarConfig, facts: BaseFacts): Path[] {
  const direct =
    role.webIdentity === undefined ? [] : [webIdentityPath(name, role, role.webIdentity.token, config, facts)];
  if (role.source === undefined) return direct;
  return [...direct, ...basesOf(role.source, config, facts).map((base) => chainPath(name, role, base, config))];
}

interface Base {
  readonly type: BaseType;
  readonly arn: Value;
  /** How the base role itself is assumed; absent for keys that somebody else has made. */
  readonly caller?: Caller;
  readonly eksTags?: EksTags;
  readonly isUntagged: boolean;
}

function basesOf(source: SourceConfig, config: SidecarConfig, facts: BaseFacts): Base[] {
  const { namespace, serviceAccount } = config;
  const eksTags = { clusterARN: facts.clusterARN, namespace, serviceAccount };
  const agent: Base = {
    type: 'pod-identity',
    arn: facts.baseARN,
    caller: { type: 'eks-auth' },
    eksTags,
    isUntagged: false,
  };
  const irsa = (arn: string, token: TokenConfig, isUntagged = false): Base => ({
    type: 'irsa',
    arn,
    caller: { type: 'web-identity', ...identityOf(token, config, facts) },
    isUntagged,
  });
  switch (source.type) {
    case 'pod-identity':
      return [agent];
    case 'environment':
      return [{ type: 'environment', arn: facts.baseARN, isUntagged: false }];
    case 'irsa':
      return [irsa(source.roleARN, source.token)];
    case 'auto': {
      if (source.roleARN === undefined) return [agent];
      const other = irsa(
        source.roleARN,
        { type: 'projected' },
        facts.hasAssociation && source.roleARN === facts.baseARN,
      );
      return facts.hasAssociation ? [agent, other] : [other];
    }
  }
}

function identityOf(token: TokenConfig, { namespace, serviceAccount }: SidecarConfig, facts: BaseFacts): WebIdentity {
  const { issuer } = facts;
  if (token.type === 'projected') {
    return { issuer, subject: `system:serviceaccount:${namespace}:${serviceAccount}`, audience: facts.audience };
  }
  const { namespace: other, name, audience } = token;
  return { issuer, subject: `system:serviceaccount:${other}:${name}`, audience };
}

const NO_TAGS = {
  tags: {},
  transitiveTagKeys: [],
  inheritedTags: {},
  isUntagged: false,
  callerPolicyARNs: [],
} as const;

function webIdentityPath(
  role: string,
  { hops }: RoleConfig,
  token: TokenConfig,
  config: SidecarConfig,
  facts: BaseFacts,
): Path {
  const target = hops.at(-1);
  if (target === undefined) return { role, base: 'web-identity', calls: [] };
  const caller: Caller = { type: 'web-identity', ...identityOf(token, config, facts) };
  const sessionNames = namesOf(target, config);
  return {
    role,
    base: 'web-identity',
    calls: [{ ...NO_TAGS, roleARN: target.roleARN, part: 'target', caller, sessionNames }],
  };
}

function chainPath(role: string, { hops }: RoleConfig, base: Base, config: SidecarConfig): Path {
  const { eksTags, isUntagged } = base;
  const calls: Assumption[] = [];
  if (base.caller) {
    // The SDKs of containers that hold no role choose the session's name themselves, and Pod Identity its own.
    const ofEks = base.caller.type === 'eks-auth' && eksTags ? { eksTags } : {};
    calls.push({ ...NO_TAGS, roleARN: base.arn, part: 'base', caller: base.caller, ...ofEks });
  }
  let arn = base.arn;
  let inheritedTags: Readonly<Record<string, string>> = {};
  let before: HopConfig | undefined;
  const sourceIdentity = hops[0]?.sourceIdentity;
  hops.forEach((hop, at) => {
    const { tags = {}, transitiveTagKeys = [] } = hop;
    calls.push({
      roleARN: hop.roleARN,
      part: at === hops.length - 1 ? 'target' : 'hop',
      caller: { type: 'principal', arn },
      sessionNames: namesOf(hop, config),
      tags,
      transitiveTagKeys,
      inheritedTags,
      isUntagged,
      callerPolicyARNs: before?.policyARNs ?? [],
      ...(eksTags ? { eksTags } : {}),
      ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      ...(before?.policy === undefined ? {} : { callerPolicy: before.policy }),
      ...externalIDOf(hop, config),
    });
    arn = hop.roleARN;
    inheritedTags = { ...inheritedTags, ...Object.fromEntries(transitiveTagKeys.map((key) => [key, tags[key] ?? ''])) };
    before = hop;
  });
  return { role, base: base.type, calls };
}

function namesOf({ sessionName }: HopConfig, { namespace, serviceAccount, cluster }: SidecarConfig): readonly string[] {
  return sessionNamePatterns(sessionName, { namespace, serviceAccount, ...(cluster === undefined ? {} : { cluster }) });
}

/** One that stands in a Secret is never read: a variable stands for it. */
function externalIDOf(
  { externalID, externalIDFrom }: HopConfig,
  { namespace }: SidecarConfig,
): { readonly externalID?: Value } {
  if (externalIDFrom === undefined) return externalID === undefined ? {} : { externalID };
  const { name, key } = externalIDFrom;
  return {
    externalID: {
      name: `external_id_${name}_${key}`.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase(),
      text: `External ID: key ${key} of Secret ${namespace}/${name}`,
      secret: true,
    },
  };
}

/** Account of an IAM ARN: of a role, or of a user that `environment` has keys of. */
export function accountOf(arn: string): string | undefined {
  return parseRoleARN(arn)?.account ?? /^arn:[a-z-]+:iam::(\d{12}):/.exec(arn)?.[1];
}
