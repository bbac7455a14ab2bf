/** What STS asks the policies for a call: principal, action and condition keys. Pure. */
import { AUDIENCE, sessionName, type SidecarConfig } from '@rolechain/shared';
import { accountOf, type Assumption, type Path } from './chain.ts';
import { isUnknown, type Unknown, type Value } from './document.ts';
import { actionsOf, type Action } from './policies.ts';
import type { Question } from './simulator.ts';

type Context = Record<string, string | readonly string[]>;

export interface Asked {
  readonly call: Assumption;
  readonly action: Action;
  /** Whose permissions count; undefined for EKS and for a web identity, of whom the trust policy alone decides. */
  readonly caller: string | undefined;
  readonly question: Omit<Question, 'trust' | 'permissions'>;
}

/** `read`: what is taken for a value that is not known. `pod`: the name of the pod, of which session names are made. */
export interface Given {
  readonly config: SidecarConfig;
  readonly pod: string;
  readonly read: (unknown: Unknown, roleARN: Value) => string;
}

/** The questions of each call of a path, in order. */
export function questionsOf(path: Path, given: Given): Asked[][] {
  const { namespace, serviceAccount, cluster = '', roles } = given.config;
  const hops = roles[path.role]?.hops ?? [];
  const values = { namespace, serviceAccount, cluster, pod: given.pod };
  // The base has no hop of its own: its session is named after the first.
  const offset = path.calls.length - hops.length;
  const asked: Asked[][] = [];
  let before: Session | undefined;
  for (const [at, call] of path.calls.entries()) {
    const hop = path.base === 'web-identity' ? hops.at(-1) : hops[Math.max(0, at - offset)];
    const name = sessionName(hop?.sessionName ?? '', values);
    const plain = (value: Value): string => (isUnknown(value) ? given.read(value, call.roleARN) : value);
    const roleARN = plain(call.roleARN);
    const { principal, caller, context } = requestOf({ call, name, before, plain, roleARN, pod: given.pod });
    const account = accountOf(roleARN) ?? '';
    asked.push(
      actionsOf(call).map((action) => ({
        call,
        action,
        caller,
        question: { principal, action, roleARN, account, context },
      })),
    );
    before = {
      arn: sessionARN(roleARN, name),
      tags: { ...call.inheritedTags, ...call.tags, ...eksTags(call, plain, given.pod) },
    };
  }
  return asked;
}

interface Session {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

interface Around {
  readonly call: Assumption;
  readonly name: string;
  readonly before: Session | undefined;
  readonly plain: (value: Value) => string;
  readonly roleARN: string;
  readonly pod: string;
}

interface Request {
  readonly principal: string;
  readonly caller: string | undefined;
  readonly context: Context;
}

function requestOf({ call, name, before, plain, roleARN, pod }: Around): Request {
  const { caller } = call;
  const common: Context = { 'aws:SecureTransport': 'true', 'sts:RoleSessionName': name };
  if (caller.type === 'web-identity') {
    const issuer = plain(caller.issuer);
    const [, partition = 'aws'] = roleARN.split(':');
    const claims = { [`${issuer}:sub`]: caller.subject, [`${issuer}:aud`]: caller.audience };
    const principal = `arn:${partition}:iam::${accountOf(roleARN) ?? ''}:oidc-provider/${issuer}`;
    return { principal, caller: undefined, context: { ...common, ...claims } };
  }
  const tags = { ...call.inheritedTags, ...call.tags };
  if (caller.type === 'eks-auth') {
    const all = eksTags(call, plain, pod);
    // EKS names its session itself.
    const { 'sts:RoleSessionName': _, ...rest } = common;
    return {
      principal: AUDIENCE.podIdentity,
      caller: undefined,
      context: { ...rest, ...tagKeys(all), 'sts:TransitiveTagKeys': Object.keys(all) },
    };
  }
  const arn = plain(caller.arn);
  const externalID = call.externalID === undefined ? undefined : plain(call.externalID);
  const context: Context = {
    ...common,
    ...tagKeys({ ...eksTags(call, plain, pod), ...tags }),
    ...prefixed('aws:PrincipalTag/', before?.tags ?? {}),
    'aws:PrincipalArn': arn,
    'aws:PrincipalAccount': accountOf(arn) ?? '',
    ...(externalID === undefined ? {} : { 'sts:ExternalId': externalID }),
    ...(call.sourceIdentity === undefined ? {} : { 'sts:SourceIdentity': call.sourceIdentity }),
    ...(call.transitiveTagKeys.length === 0 ? {} : { 'sts:TransitiveTagKeys': call.transitiveTagKeys }),
  };
  // Keys of a Secret are those of a user, or of a session of a role.
  return {
    principal: before?.arn ?? (arn.includes(':role/') ? sessionARN(arn, 'session') : arn),
    caller: arn,
    context,
  };
}

/** Inherited tags are of the request, too, where STS counts them among its keys. */
function tagKeys(tags: Readonly<Record<string, string>>): Context {
  const keys = Object.keys(tags);
  return keys.length === 0 ? {} : { 'aws:TagKeys': keys, ...prefixed('aws:RequestTag/', tags) };
}

const prefixed = (prefix: string, tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [prefix + key, value]));

/** EKS User Guide, pod-id-abac. The name and the UID of a pod are of no use in a policy. */
function eksTags({ eksTags: tags }: Assumption, plain: (value: Value) => string, pod: string): Record<string, string> {
  if (!tags) return {};
  const cluster = plain(tags.clusterARN);
  return {
    'eks-cluster-arn': cluster,
    'eks-cluster-name': cluster.slice(cluster.lastIndexOf('/') + 1),
    'kubernetes-namespace': tags.namespace,
    'kubernetes-service-account': tags.serviceAccount,
    'kubernetes-pod-name': pod,
    'kubernetes-pod-uid': '00000000-0000-0000-0000-000000000000',
  };
}

/** A session's ARN has the name of its role alone, without the path. */
function sessionARN(roleARN: string, name: string): string {
  const [, partition = '', , , account = '', resource = ''] = roleARN.split(':');
  return `arn:${partition}:sts::${account}:assumed-role/${resource.slice(resource.lastIndexOf('/') + 1)}/${name}`;
}
