/**
 * Double of the authorization of AssumeRole: trust policy of the target, permissions of the caller, session tags and
 * source identity along a chain. Pure.
 *
 * The rules, from the IAM User Guide ("Policy evaluation logic", "Pass session tags", "Monitor and control actions
 * taken with assumed roles"):
 * - A trust policy that names the caller's own ARN (role, session or user) is enough within one account.
 * - One that names the account, or anyone (`*`), hands the decision to that account: the caller's permissions must
 *   allow the action too. For `*` this is the stricter reading.
 * - Across accounts it takes both, however the caller is named.
 * - Tags in the request, or inherited transitive ones, need `sts:TagSession` by the same rules; a source identity,
 *   requested or inherited, needs `sts:SetSourceIdentity`.
 * - `aws:RequestTag` and `aws:TagKeys` are taken to hold the inherited transitive tags beside the requested ones, as
 *   EKS's example of a target role's trust policy requires.
 *
 * - Every action of one call is judged by the same condition keys, those of the request and of the caller's session.
 *
 * Not evaluated: Deny, session policies of the caller, permission boundaries, SCPs, tags of the roles themselves.
 */
import {
  actionMatches,
  conditionsHold,
  globMatches,
  list,
  parseArn,
  type ConditionContext,
  type Permission,
  type RoleFixture,
  type TrustStatement,
} from './iam.ts';

/** Tags by key; IAM keeps the case and ignores it when it compares. */
export type Tags = Readonly<Record<string, string>>;

/** Who calls. `arn` is that of the session or user; `roleArn` only for a session. */
export type Caller = {
  arn: string;
  roleArn?: string;
  permissions: readonly Permission[];
  tags: Tags;
  transitiveTagKeys: readonly string[];
  sourceIdentity?: string;
};

export type AssumeRequest = {
  sessionName: string;
  externalId?: string;
  tags: Tags;
  transitiveTagKeys: readonly string[];
  sourceIdentity?: string;
};

/** What the new session carries on. */
export type Carried = { tags: Tags; transitiveTagKeys: readonly string[]; sourceIdentity?: string };

export type Decision =
  | { allowed: true; carried: Carried }
  /** `denied` is the action that failed; `reason` says why, for the reader of a test, and is never sent. */
  | { allowed: false; denied: string; reason: string }
  /** The request contradicts what the session inherits. */
  | { allowed: false; conflict: 'transitive-tag' | 'source-identity'; reason: string };

/** STS answers over TLS alone; this double stands for that, whatever it is asked over. */
const SECURE: [string, string[]] = ['aws:SecureTransport', ['true']];

/** Decides an AssumeRole call. An unknown role is denied like one that trusts nobody, as STS does. */
export function decideAssumeRole(role: RoleFixture | undefined, caller: Caller, request: AssumeRequest): Decision {
  if (role === undefined) return { allowed: false, denied: 'sts:AssumeRole', reason: 'no such role' };
  const inherited = transitiveTags(caller);
  const taken = Object.keys(inherited).map(lower);
  const override = Object.keys(request.tags).find((key) => taken.includes(lower(key)));
  const tags = { ...inherited, ...request.tags };
  const sourceIdentity = request.sourceIdentity ?? caller.sourceIdentity;
  const context = assumeRoleContext(caller, request, tags, sourceIdentity);

  const actions = ['sts:AssumeRole'];
  if (Object.keys(tags).length > 0) actions.push('sts:TagSession');
  if (sourceIdentity !== undefined) actions.push('sts:SetSourceIdentity');
  for (const action of actions) {
    const reason = whyDenied(role, caller, action, context);
    if (reason !== undefined) return { allowed: false, denied: action, reason };
  }
  if (override !== undefined) {
    return { allowed: false, conflict: 'transitive-tag', reason: `tag ${override} is inherited as a transitive tag` };
  }
  if (caller.sourceIdentity !== undefined && sourceIdentity !== caller.sourceIdentity) {
    return { allowed: false, conflict: 'source-identity', reason: 'the session has another source identity' };
  }
  const transitiveTagKeys = [...Object.keys(inherited), ...request.transitiveTagKeys];
  const carried = { tags, transitiveTagKeys, ...(sourceIdentity === undefined ? {} : { sourceIdentity }) };
  return { allowed: true, carried };
}

/** A verified OIDC token. `issuer` without `https://`, as it stands in ARNs and condition keys. */
export type WebIdentity = { issuer: string; subject: string; audience: string };

/** Decides an AssumeRoleWithWebIdentity call: only the trust policy counts. */
export function decideWebIdentity(
  role: RoleFixture | undefined,
  identity: WebIdentity,
  sessionName: string,
): { allowed: true } | { allowed: false; reason: string } {
  if (role === undefined) return { allowed: false, reason: 'no such role' };
  const context = contextOf([
    [`${identity.issuer}:sub`, [identity.subject]],
    [`${identity.issuer}:aud`, [identity.audience]],
    ['sts:RoleSessionName', [sessionName]],
    SECURE,
  ]);
  const trusted = role.trust.Statement.some(
    (statement) =>
      trustsProvider(statement, providerArn(role.arn, identity.issuer)) &&
      actionMatches(statement.Action, 'sts:AssumeRoleWithWebIdentity') &&
      conditionsHold(statement.Condition, context),
  );
  return trusted ? { allowed: true } : { allowed: false, reason: 'no statement of the trust policy matches' };
}

/** Whether a role lets an AWS service assume it with these session tags, as EKS Pod Identity does. */
export function trustsService(role: RoleFixture | undefined, service: string, tags: Tags): boolean {
  const context = contextOf([['aws:TagKeys', Object.keys(tags)], ...tagContext('aws:RequestTag', tags), SECURE]);
  const actions = Object.keys(tags).length > 0 ? ['sts:AssumeRole', 'sts:TagSession'] : ['sts:AssumeRole'];
  return actions.every((action) =>
    role?.trust.Statement.some(
      ({ Principal, Action, Condition }) =>
        Principal !== '*' &&
        'Service' in Principal &&
        list(Principal.Service).includes(service) &&
        actionMatches(Action, action) &&
        conditionsHold(Condition, context),
    ),
  );
}

/** ARN of the OIDC provider of an issuer in the account of a role. */
export function providerArn(roleArn: string, issuer: string): string {
  const { partition, account } = parseArn(roleArn) ?? { partition: 'aws', account: '' };
  return `arn:${partition}:iam::${account}:oidc-provider/${issuer}`;
}

function trustsProvider({ Principal }: TrustStatement, arn: string): boolean {
  return Principal !== '*' && 'Federated' in Principal && list(Principal.Federated).includes(arn);
}

/** The tags of a session that its own chain inherits. */
function transitiveTags(caller: Caller): Tags {
  const keys = caller.transitiveTagKeys.map(lower);
  return Object.fromEntries(Object.entries(caller.tags).filter(([key]) => keys.includes(lower(key))));
}

function assumeRoleContext(
  caller: Caller,
  request: AssumeRequest,
  tags: Tags,
  sourceIdentity: string | undefined,
): ConditionContext {
  return contextOf([
    ['sts:ExternalId', optional(request.externalId)],
    ['sts:RoleSessionName', [request.sessionName]],
    ['sts:SourceIdentity', optional(sourceIdentity)],
    ['aws:SourceIdentity', optional(caller.sourceIdentity)],
    ['aws:PrincipalArn', [caller.roleArn ?? caller.arn]],
    ['aws:PrincipalAccount', [parseArn(caller.arn)?.account ?? '']],
    ['aws:TagKeys', Object.keys(tags)],
    ['sts:TransitiveTagKeys', request.transitiveTagKeys],
    SECURE,
    ...tagContext('aws:RequestTag', tags),
    ...tagContext('aws:PrincipalTag', caller.tags),
  ]);
}

function tagContext(key: string, tags: Tags): [string, string[]][] {
  return Object.entries(tags).map(([tag, value]) => [`${key}/${tag}`, [value]]);
}

/** Condition keys are not case-sensitive; a key without a value is absent. */
function contextOf(entries: [key: string, values: readonly string[]][]): ConditionContext {
  return new Map(entries.filter(([, values]) => values.length > 0).map(([key, values]) => [lower(key), values]));
}

/** Why an action on a role is denied, or undefined when it is allowed. */
function whyDenied(role: RoleFixture, caller: Caller, action: string, context: ConditionContext): string | undefined {
  const ways = role.trust.Statement.filter(
    (statement) => actionMatches(statement.Action, action) && conditionsHold(statement.Condition, context),
  ).map((statement) => howTrusted(statement, caller));
  if (ways.every((way) => way === 'not')) return `the trust policy of ${role.arn} does not allow it`;
  const sameAccount = parseArn(role.arn)?.account === parseArn(caller.arn)?.account;
  if (sameAccount && ways.includes('by-name')) return undefined;
  const permitted = caller.permissions.some(
    ({ Action, Resource, Condition }) =>
      actionMatches(Action, action) &&
      list(Resource).some((r) => globMatches(r, role.arn)) &&
      conditionsHold(Condition, context),
  );
  if (permitted) return undefined;
  return `the permissions of ${caller.roleArn ?? caller.arn} do not allow it`;
}

function howTrusted({ Principal }: TrustStatement, caller: Caller): 'by-name' | 'by-account' | 'not' {
  if (Principal !== '*' && !('AWS' in Principal)) return 'not';
  const entries = Principal === '*' ? ['*'] : list(Principal.AWS);
  if (entries.some((entry) => entry === caller.arn || entry === caller.roleArn)) return 'by-name';
  const account = parseArn(caller.arn)?.account ?? '';
  const byAccount = entries.some((entry) => {
    const { account: named, resource } = parseArn(entry) ?? {};
    return entry === '*' || entry === account || (named === account && resource === 'root');
  });
  return byAccount ? 'by-account' : 'not';
}

function optional(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value];
}

function lower(text: string): string {
  return text.toLowerCase();
}
