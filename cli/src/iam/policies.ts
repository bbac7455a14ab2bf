/**
 * The policies that the calls of a ServiceAccount need, and no more. Pure.
 *
 * Each action has a statement of its own, with the condition keys that the Service Authorization Reference ("Actions,
 * resources, and condition keys for AWS STS") names for it: sts:ExternalId and sts:RoleSessionName are keys of sts:AssumeRole alone.
 * A condition whose key is absent never holds, so a statement of two actions may hold for one of them only.
 */
import { AUDIENCE, FOREIGN_TAG_KEYS } from '@rolechain/shared';
import {
  accountOf,
  type Assumption,
  type Caller,
  type EksTags,
  type Part,
  type Path,
  type WebIdentity,
} from './chain.ts';
import {
  documentOf,
  isUnknown,
  type Conditions,
  type PolicyDocument,
  type Principal,
  type Statement,
  type Value,
  type Values,
} from './document.ts';

export interface RolePolicies {
  readonly roleARN: Value;
  /** What it is of the chains: where it is several, the first. */
  readonly part: Part;
  /** The declared roles whose chains it is in. */
  readonly roles: readonly string[];
  /** Absent where the principal is not one that rolechain has somebody assume. */
  readonly trust?: PolicyDocument;
  /** Absent for a target, which assumes nothing further. */
  readonly permissions?: PolicyDocument;
}

/** An action that STS asks the policies about. */
export type Action = 'sts:AssumeRole' | 'sts:AssumeRoleWithWebIdentity' | 'sts:TagSession' | 'sts:SetSourceIdentity';

/** The actions of a call, as STS checks them ("Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles"). */
export function actionsOf(call: Assumption): Action[] {
  if (call.caller.type === 'web-identity') return ['sts:AssumeRoleWithWebIdentity'];
  const hasTags =
    call.eksTags !== undefined || [call.tags, call.inheritedTags].some((tags) => Object.keys(tags).length > 0);
  return [
    'sts:AssumeRole',
    ...(hasTags ? ['sts:TagSession' as const] : []),
    ...(call.sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity' as const]),
  ];
}

/** Every role of the ways, in the order in which they are assumed. */
export function policiesOf(paths: readonly Path[]): RolePolicies[] {
  const roles = new Map<string, Draft>();
  const draft = (roleARN: Value, part: Part, role: string): Draft => {
    const key = isUnknown(roleARN) ? roleARN.name : roleARN;
    const found = roles.get(key) ?? { roleARN, part, roles: new Set(), trust: [], grants: [] };
    found.roles.add(role);
    roles.set(key, found);
    return found;
  };
  for (const { role, calls } of paths) {
    for (const call of calls) {
      // The caller first: it may be a principal that nobody assumes.
      if (call.caller.type === 'principal') draft(call.caller.arn, 'base', role).grants.push(call);
      draft(call.roleARN, call.part, role).trust.push(...trustStatements(call));
    }
  }
  return [...roles.values()].map(({ trust, grants, roles: names, ...role }) => ({
    ...role,
    roles: [...names],
    ...(trust.length === 0 ? {} : { trust: documentOf(trust) }),
    ...(grants.length === 0 ? {} : { permissions: documentOf(permissionStatements(grants)) }),
  }));
}

interface Draft {
  readonly roleARN: Value;
  readonly part: Part;
  readonly roles: Set<string>;
  readonly trust: Statement[];
  readonly grants: Assumption[];
}

/** What the trust policy of the role must hold for the call: a statement an action. */
export function trustStatements(call: Assumption): Statement[] {
  return actionsOf(call).map((action) => trustStatement(call, action));
}

export function trustStatement(call: Assumption, action: Action): Statement {
  const Condition = trustConditions(call, action);
  return {
    Sid: action.slice('sts:'.length),
    Effect: 'Allow',
    Principal: principalOf(call),
    Action: action,
    ...(Object.keys(Condition).length === 0 ? {} : { Condition }),
  };
}

function principalOf({ caller, roleARN }: Assumption): Principal {
  if (caller.type === 'principal') return { AWS: caller.arn };
  if (caller.type === 'eks-auth') return { Service: AUDIENCE.podIdentity };
  return { Federated: providerOf(caller, roleARN) };
}

/** IAM's OIDC provider of the cluster, in the account of the role. */
function providerOf({ issuer }: WebIdentity, roleARN: Value): Value {
  if (isUnknown(roleARN)) return roleARN;
  if (isUnknown(issuer))
    return { ...issuer, name: 'oidc_provider_arn', text: "ARN of IAM's OIDC provider of the cluster" };
  const [, partition = 'aws'] = roleARN.split(':');
  return `arn:${partition}:iam::${accountOf(roleARN) ?? ''}:oidc-provider/${issuer}`;
}

function trustConditions(call: Assumption, action: Action): Conditions {
  const { caller, eksTags, sessionNames = [], externalID, tags, sourceIdentity } = call;
  const identity = identityConditions(caller, eksTags);
  const requested = prefixed('aws:RequestTag/', tags);
  const names = action.startsWith('sts:AssumeRole') ? nameConditions(sessionNames) : {};
  const untagged = untaggedConditions(call);
  switch (action) {
    case 'sts:AssumeRoleWithWebIdentity':
      return merge({ StringEquals: identity }, names);
    case 'sts:AssumeRole':
      return merge(
        {
          StringEquals: {
            ...identity,
            ...requested,
            ...(externalID === undefined ? {} : { 'sts:ExternalId': externalID }),
            ...(sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': sourceIdentity }),
          },
        },
        names,
        untagged,
      );
    case 'sts:TagSession':
      return merge({ StringEquals: { ...identity, ...requested } }, untagged, {
        'ForAllValues:StringEquals': { 'aws:TagKeys': tagKeys(call) },
      });
    case 'sts:SetSourceIdentity':
      return merge(
        {
          StringEquals: {
            ...identity,
            ...(sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': sourceIdentity }),
          },
        },
        untagged,
      );
  }
}

const PRINCIPAL_TAG = 'aws:PrincipalTag/';
const [CLUSTER_TAG, NAMESPACE_TAG, ACCOUNT_TAG] = [
  'eks-cluster-arn',
  'kubernetes-namespace',
  'kubernetes-service-account',
];

/** What tells this ServiceAccount from every other, and what a pod cannot choose: EKS's tags, or the token's subject. */
function identityConditions(caller: Caller, tags: EksTags | undefined): Record<string, Value> {
  if (caller.type === 'web-identity') {
    const issuer = isUnknown(caller.issuer) ? `<${caller.issuer.name}>` : caller.issuer;
    return { [`${issuer}:sub`]: caller.subject, [`${issuer}:aud`]: caller.audience };
  }
  if (tags === undefined) return {};
  // EKS's own request holds them as request tags ("pod-id-role", EKS User Guide); the session then has them.
  const prefix = caller.type === 'eks-auth' ? 'aws:RequestTag/' : PRINCIPAL_TAG;
  return {
    [prefix + CLUSTER_TAG]: tags.clusterARN,
    [prefix + NAMESPACE_TAG]: tags.namespace,
    [prefix + ACCOUNT_TAG]: tags.serviceAccount,
  };
}

function nameConditions(patterns: readonly string[]): Conditions {
  if (patterns.length === 0 || patterns.includes('*')) return {};
  const operator = patterns.some((pattern) => /[*?]/.test(pattern)) ? 'StringLike' : 'StringEquals';
  return { [operator]: { 'sts:RoleSessionName': one(patterns) } };
}

/** Inherited tags are of the request, too, where STS counts them among its keys. */
function tagKeys({ tags, inheritedTags, eksTags }: Assumption): Values {
  return one([...(eksTags ? FOREIGN_TAG_KEYS : []), ...Object.keys(inheritedTags), ...Object.keys(tags)]);
}

/** What the caller may do: a statement for all roles of which it needs the same. */
function permissionStatements(calls: readonly Assumption[]): Statement[] {
  const groups = new Map<string, { readonly statement: Statement; readonly resources: Set<string> }>();
  for (const call of calls) {
    const statement = permissionStatement(call);
    const { Resource: resource, ...rest } = statement;
    const key = JSON.stringify(rest);
    const group = groups.get(key) ?? { statement, resources: new Set<string>() };
    group.resources.add(String(resource));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ statement, resources }) => ({ ...statement, Resource: one([...resources]) }));
}

/** The tags of EKS as a condition here, too: a base role that several ServiceAccounts share then acts for none but this one. */
export function permissionStatement(call: Assumption): Statement {
  const { roleARN, caller, eksTags } = call;
  const Condition = merge({ StringEquals: identityConditions(caller, eksTags) }, untaggedConditions(call));
  return {
    Sid: 'AssumeRole',
    Effect: 'Allow',
    Action: one(actionsOf(call)),
    // Only a base can be unknown, and nothing assumes it by a permission.
    Resource: isUnknown(roleARN) ? `<${roleARN.name}>` : roleARN,
    ...(Object.keys(Condition).length === 0 ? {} : { Condition }),
  };
}

/** Where one role is the base of both identities: the statement is for sessions without EKS's tags, which have one of their own. */
const untaggedConditions = ({ isUntagged }: Assumption): Conditions =>
  isUntagged ? { Null: { [PRINCIPAL_TAG + CLUSTER_TAG]: 'true' } } : {};

function merge(...all: readonly Conditions[]): Conditions {
  const merged: Record<string, Record<string, Values>> = {};
  for (const conditions of all) {
    for (const [operator, keys] of Object.entries(conditions)) {
      if (Object.keys(keys).length > 0) merged[operator] = { ...merged[operator], ...keys };
    }
  }
  return merged;
}

const prefixed = (prefix: string, tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [prefix + key, value]));

/** IAM takes one value without a list. */
function one<T>(values: readonly T[]): T | readonly T[] {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}
