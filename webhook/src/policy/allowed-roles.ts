/**
 * Which roles a namespace allows: its annotation `rolechain.io/allowed-roles`, and the setting
 * `allowedRolesPolicy`. It guides and does not guard: who may create pods with an account can use that account's
 * base identity without us.
 */
import {
  ANNOTATIONS,
  LIMITS,
  arnMatcher,
  formatProblems,
  problem,
  show,
  type Result,
  type Problem,
  type ReasonCode,
  type RoleSpec,
} from '@rolechain/shared';
import { sizeProblem } from '../objects/annotation-limits.ts';
import { truncate } from '../objects/truncate.ts';
import { patternFault } from './role-pattern.ts';

/** Why one role of a chain is allowed: the pattern that it matches, or none where nothing had to match. */
export interface Allowance {
  readonly role: string;
  readonly arn: string;
  readonly pattern?: string;
}

export type Allowed =
  | { readonly ok: true; readonly allowances: readonly Allowance[] }
  | { readonly ok: false; readonly reason: ReasonCode; readonly why: string };

/**
 * Looks at the target and every hop of every role; base roles are not matched. `patterns` is the annotation's
 * value, undefined where the Namespace has none; one that is there and empty allows nothing.
 */
export function allowedRoles(
  roles: readonly RoleSpec[],
  namespace: string,
  patterns: string | undefined,
  policy: 'optional' | 'required',
): Allowed {
  const arns = roles.flatMap((role) => [...role.via, role].map(({ roleARN: arn }) => ({ role: role.name, arn })));
  if (patterns === undefined) {
    if (policy === 'optional') return { ok: true, allowances: arns };
    return denied(`the setting allowedRolesPolicy is required, and Namespace ${namespace} has no ${KEY}`);
  }
  const parsed = parseAllowedRoles(patterns);
  if (!parsed.ok) return invalid(parsed.problems);
  const list = parsed.value;
  const patternOf = firstMatch(list);
  const judged = arns.map((at) => ({ ...at, pattern: patternOf(at.arn) }));
  const without = judged.filter(({ pattern }) => pattern === undefined).map(({ arn }) => arn);
  if (without.length === 0) return { ok: true, allowances: judged as Allowance[] };
  const allows = list.length === 0 ? 'nothing' : truncate(list, ' ');
  const broken = truncate(
    faults(list).map(({ pattern, fault }) => `${show(pattern)} ${fault}`),
    '; ',
  );
  const why = `${truncate([...new Set(without)])}; Namespace ${namespace} allows ${allows}`;
  return denied(broken === '' ? why : `${why}, of which some match no role: ${broken}`);
}

/** The patterns of the annotation's value, within their limits. */
export function parseAllowedRoles(patterns: string): Result<readonly string[]> {
  const over = sizeProblem({ [KEY]: patterns }, KEY, 'Namespace');
  if (over) return { ok: false, problems: [over] };
  const list = patterns.split(/\s+/).filter((pattern) => pattern !== '');
  if (list.length > LIMITS.allowedRolesPatterns) return { ok: false, problems: [TOO_MANY] };
  return { ok: true, value: list, warnings: [] };
}

function faults(list: readonly string[]): { readonly pattern: string; readonly fault: string }[] {
  return list.flatMap((pattern) => {
    const fault = patternFault(pattern);
    return fault === undefined ? [] : [{ pattern, fault }];
  });
}

/** What the Namespace's owner is refused for: what passes a limit, and patterns that match no role. */
export function patternProblems(patterns: string): readonly Problem[] {
  const parsed = parseAllowedRoles(patterns);
  if (!parsed.ok) return parsed.problems;
  return faults(parsed.value)
    .slice(0, LIMITS.placesNamed)
    .map(({ pattern, fault }) =>
      problem('FieldOutOfRange', KEY, `has the pattern ${show(pattern)}, which ${fault}`, FIX),
    );
}

/** The same, once it is stored: it stops no pod that another pattern allows. */
export function patternWarnings(patterns: string | undefined, namespace: string): string[] {
  if (patterns === undefined) return [];
  return patternProblems(patterns).map((found) => `Namespace ${namespace}: ${formatProblems([found])}`);
}

const KEY = ANNOTATIONS.allowedRoles.key;
const TOO_MANY = problem(
  'DocumentTooLarge',
  KEY,
  `on the Namespace has more than ${LIMITS.allowedRolesPatterns} patterns, its limit`,
  'join some of them by a star',
);

const FIX = 'correct it: it matches no role';

const denied = (why: string): Allowed => ({ ok: false, reason: 'RoleNotAllowed', why });
const invalid = (found: readonly Problem[]): Allowed => ({
  ok: false,
  reason: 'AllowedRolesInvalid',
  why: formatProblems(found),
});

/** The first pattern that an ARN matches. Each ARN is matched once, however many roles have it. */
function firstMatch(patterns: readonly string[]): (arn: string) => string | undefined {
  const matchers = patterns.map((pattern) => ({ pattern, matches: arnMatcher(pattern) }));
  const known = new Map<string, string | undefined>();
  return (arn) => {
    if (!known.has(arn)) known.set(arn, matchers.find(({ matches }) => matches(arn))?.pattern);
    return known.get(arn);
  };
}
