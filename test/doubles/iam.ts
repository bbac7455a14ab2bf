/**
 * Double of IAM's data: roles with trust policies and permissions, and the small language their policies are written
 * in. Pure. `trust.ts` decides by it; `fixtures.ts` writes common roles in it.
 *
 * A policy that uses anything outside this language is refused when the role is made known (`checkRole`): a double
 * that passed over a condition would say yes where AWS says no.
 */

/** `maxSessionDuration` in seconds, 3600 by default as in IAM. Without `permissions` the role may do nothing. */
export type RoleFixture = {
  arn: string;
  maxSessionDuration?: number;
  trust: TrustPolicy;
  permissions?: readonly Permission[];
};

export type TrustPolicy = { Version?: string; Statement: readonly TrustStatement[] };

export type TrustStatement = {
  Sid?: string;
  Effect: 'Allow';
  Principal: Principal;
  Action: OneOrMany;
  Condition?: Conditions;
};

/**
 * `AWS`: ARN of a role, a role session or a user, an account's root ARN or its number, or `*`.
 * `Federated`: ARN of an OIDC provider. `Service`: `pods.eks.amazonaws.com`.
 */
export type Principal = '*' | { AWS: OneOrMany } | { Federated: OneOrMany } | { Service: OneOrMany };

export type OneOrMany = string | readonly string[];
/** Operator → condition key → values. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;
/** One allow statement of a permission policy; `*` and `?` are wildcards. */
export type Permission = {
  Sid?: string;
  Effect?: 'Allow';
  Action: OneOrMany;
  Resource: OneOrMany;
  Condition?: Conditions;
};

/** What a condition can look at: lower-case key → values. An absent key is absent in IAM's sense. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

const TRUST_ACTIONS = ['sts:assumerole', 'sts:tagsession', 'sts:setsourceidentity', 'sts:assumerolewithwebidentity'];
const OPERATORS: Readonly<Record<string, (pattern: string, value: string) => boolean>> = {
  StringEquals: (pattern, value) => pattern === value,
  StringEqualsIgnoreCase: (pattern, value) => pattern.toLowerCase() === value.toLowerCase(),
  StringLike: (pattern, value) => globMatches(pattern, value),
  Bool: (pattern, value) => pattern.toLowerCase() === value.toLowerCase(),
  // IAM treats both ARN operators alike.
  ArnEquals: (pattern, value) => arnMatches(pattern, value),
  ArnLike: (pattern, value) => arnMatches(pattern, value),
};
/** Each holds where the operator that it negates does not: for an absent key, too. */
const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};
const KNOWN_KEYS =
  /^(sts:(externalid|rolesessionname|sourceidentity|transitivetagkeys)|aws:(principalarn|principalaccount|sourceidentity|tagkeys|securetransport|(principaltag|requesttag)\/.+)|[^.]+\..+:(sub|aud))$/;

export type ArnParts = { partition: string; service: string; account: string; resource: string };

/** The parts of an IAM or STS ARN, or undefined. */
export function parseArn(arn: string): ArnParts | undefined {
  const match = /^arn:(aws[a-z0-9-]*):(iam|sts)::(\d{12}):(.+)$/.exec(arn);
  if (match === null) return undefined;
  const [, partition = '', service = '', account = '', resource = ''] = match;
  return { partition, service, account, resource };
}

/** ARN of a session of a role, as GetCallerIdentity gives it: the role's path is left out. */
export function sessionArn(roleArn: string, sessionName: string): string {
  const { partition, account, resource } = parseArn(roleArn) ?? { partition: 'aws', account: '', resource: '' };
  return `arn:${partition}:sts::${account}:assumed-role/${resource.split('/').at(-1) ?? ''}/${sessionName}`;
}

/** `*` and `?` over the whole text. */
export function globMatches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** ArnLike: each of the six parts by itself, so that a `*` never crosses a colon of the first five. */
function arnMatches(pattern: string, arn: string): boolean {
  const split = (text: string): string[] => {
    const parts = text.split(':');
    return parts.length < 6 ? [] : [...parts.slice(0, 5), parts.slice(5).join(':')];
  };
  const [patterns, parts] = [split(pattern), split(arn)];
  return patterns.length === 6 && parts.length === 6 && patterns.every((p, i) => globMatches(p, parts[i] ?? ''));
}

/** A value that stands alone or in a list, as IAM's JSON has it. */
export function list(value: OneOrMany): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/** Action names are not case-sensitive in IAM. */
export function actionMatches(patterns: OneOrMany, action: string): boolean {
  return list(patterns).some((pattern) => globMatches(pattern.toLowerCase(), action.toLowerCase()));
}

/** Whether every condition holds: all operators and keys must, one value of each is enough. */
export function conditionsHold(conditions: Conditions | undefined, context: ConditionContext): boolean {
  return Object.entries(conditions ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, list(wanted), context.get(key.toLowerCase()))),
  );
}

/** IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys". */
function holds(operator: string, wanted: readonly string[], present: readonly string[] | undefined): boolean {
  const { set, name, ifExists } = takeApart(operator);
  if (name === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') === (present === undefined));
  if (ifExists && present === undefined) return true;
  const { [name]: negated = name } = NEGATED;
  const test = OPERATORS[negated];
  if (test === undefined) return false;
  const equals = (value: string): boolean => wanted.some((pattern) => test(pattern, value));
  const matches = negated === name ? equals : (value: string): boolean => !equals(value);
  if (set === 'ForAllValues') return (present ?? []).every(matches);
  if (set === 'ForAnyValue') return (present ?? []).some(matches);
  // Without a set operator an absent key is unequal to every value.
  return present === undefined ? negated !== name : present.some(matches);
}

function takeApart(operator: string): { set: string; name: string; ifExists: boolean } {
  const [, set = '', name = '', suffix = ''] =
    /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(operator) ?? [];
  return { set, name, ifExists: suffix !== '' };
}

/** Throws on a role that this double can't judge, with the place and what would do instead. */
export function checkRole(role: RoleFixture): void {
  const fail = (what: string): never => {
    throw new TypeError(`role fixture ${role.arn}: ${what}`);
  };
  if (!/^role\/.+/.test(parseArn(role.arn)?.resource ?? '')) fail('arn is not an IAM role ARN');
  const longest = role.maxSessionDuration ?? 3600;
  if (!(longest >= 3600 && longest <= 43200)) fail(`maxSessionDuration ${longest} is outside 3600-43200`);
  checkSids(role.trust.Statement, fail);
  checkSids(role.permissions ?? [], fail);
  for (const statement of role.trust.Statement) {
    const effect: string = statement.Effect;
    if (effect !== 'Allow') fail(`Effect ${effect} is not supported, only Allow`);
    for (const action of list(statement.Action)) {
      const known = TRUST_ACTIONS.includes(action.toLowerCase()) || action === '*' || action.toLowerCase() === 'sts:*';
      if (!known) fail(`Action ${action} has no place in a trust policy here`);
    }
    checkPrincipal(statement.Principal, fail);
    checkConditions(statement.Condition, fail);
  }
  for (const { Condition } of role.permissions ?? []) checkConditions(Condition, fail);
}

function checkConditions(conditions: Conditions | undefined, fail: (what: string) => never): void {
  for (const [operator, keys] of Object.entries(conditions ?? {})) {
    const { set, name, ifExists } = takeApart(operator);
    const known = OPERATORS[NEGATED[name] ?? name] !== undefined || (name === 'Null' && set === '' && !ifExists);
    if (!known) fail(`condition operator ${operator} is not supported`);
    for (const [key, values] of Object.entries(keys)) {
      if (!KNOWN_KEYS.test(key.toLowerCase())) fail(`condition key ${key} is not supported`);
      if (list(values).some((value) => value.includes('${'))) fail(`policy variables (of ${key}) are not supported`);
    }
  }
}

/** IAM User Guide, "IAM JSON policy elements: Sid". */
function checkSids(statements: readonly { Sid?: string }[], fail: (what: string) => never): void {
  const sids = statements.flatMap(({ Sid }) => Sid ?? []);
  const strange = sids.find((sid, at) => !/^[A-Za-z0-9]*$/.test(sid) || sids.indexOf(sid) < at);
  if (strange !== undefined) fail(`Sid ${strange} stands twice, or is not of letters and digits`);
}

function checkPrincipal(principal: Principal, fail: (what: string) => never): void {
  if (principal === '*') return;
  const known = Object.keys(principal).every((kind) => ['AWS', 'Federated', 'Service'].includes(kind));
  if (!known) fail(`Principal ${JSON.stringify(principal)} is not supported, only AWS, Federated and Service`);
  if (!('AWS' in principal)) return;
  for (const entry of list(principal.AWS)) {
    // IAM refuses a wildcard in a principal's ARN too: such a policy would never match.
    const valid = entry === '*' || /^\d{12}$/.test(entry) || (parseArn(entry) !== undefined && !entry.includes('*'));
    if (!valid) fail(`Principal AWS ${entry} is no ARN of a role, session, user or account, account number or *`);
  }
}
