/**
 * The grammar of the annotation `rolechain.io/assume-role`: a bare role ARN, or one YAML or JSON document of
 * the fields in fields.ts, with hops in `via` and further roles in `roles`.
 */
import { DEFAULT_ROLE } from '../kubernetes.ts';
import { LIMITS } from '../limits.ts';
import { problem, type Result, type Problem } from '../problem.ts';
import { check, isMap } from '../schema.ts';
import { DEFAULT_SESSION_NAME } from '../session-name.ts';
import { chainOf } from './chain.ts';
import { readDocument } from './document.ts';
import { NESTED } from './fields.ts';
import { chainProblems, chainWarnings, serviceAccountProblems } from './rules.ts';
import { DOCUMENT } from './schema.ts';
import { validPart } from './valid-part.ts';
import type { Document, HopSpec, RoleSpec, WrittenHop, WrittenRole } from './types.ts';

/**
 * Reads the annotation's value. All problems of a document come together; each names the field, the limit and
 * the fix. Pure; no input throws. `durationSeconds` is that of sessions for which nothing is written.
 */
export function parseAssumeRole(
  text: string,
  durationSeconds: number = LIMITS.durationDefaultSeconds,
): Result<readonly RoleSpec[]> {
  const document = readDocument(text);
  if (!document.ok) return document;
  const checked = check(DOCUMENT, document.value);
  const all = placed(checked.ok ? checked.value : validPart(document.value), durationSeconds);
  const whole = wholeProblems(document.value);
  const problems = [
    // That there are too many roles is said once, with their number.
    ...(checked.ok ? [] : checked.problems.filter(({ path }) => !whole.some((other) => other.path === path))),
    ...whole,
    ...all.flatMap(({ path, spec }) => [...chainProblems(chainOf(path, spec)), ...serviceAccountProblems(path, spec)]),
  ];
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, LIMITS.problemsKept) };
  return {
    ok: true,
    value: all.map(({ spec }) => spec),
    warnings: all.flatMap(({ path, spec }) => chainWarnings(chainOf(path, spec))),
  };
}

/** What only the document as a whole can say: that it declares a role, and not too many. */
function wholeProblems({ roles, ...top }: Readonly<Record<string, unknown>>): Problem[] {
  const further = isMap(roles) ? Object.keys(roles).length : 0;
  const hasDefault = Object.hasOwn(top, 'roleARN');
  const noRole = further === 0 && (roles === undefined || isMap(roles));
  const count = further + (hasDefault ? 1 : 0);
  const found: Problem[] = [];
  if (!hasDefault && (Object.keys(top).length > 0 || noRole))
    found.push(problem('FieldMissing', 'roleARN', 'is missing'));
  if (count > LIMITS.roles) {
    found.push(problem('FieldOutOfRange', 'roles', `holds ${count} roles, but takes ${NESTED.roles.expects}`));
  }
  return found;
}

/** The declared roles with their places in the document; the one at the top level first. */
function placed(
  { roles = {}, ...top }: Document,
  durationSeconds: number,
): { readonly path: string; readonly spec: RoleSpec }[] {
  const further = Object.entries(roles).map(([name, role]) => ({
    path: `roles.${name}.`,
    spec: roleOf(name, role, durationSeconds),
  }));
  if (top.roleARN === undefined) return further;
  return [{ path: '', spec: roleOf(DEFAULT_ROLE, { ...top, roleARN: top.roleARN }, durationSeconds) }, ...further];
}

/** A role with its defaults filled in. */
export function roleOf(name: string, written: WrittenRole, durationSeconds: number): RoleSpec {
  const { via = [], duration, credentialSource = 'auto', webIdentity = 'never', ...fields } = written;
  const target = hopOf({ ...fields, duration }, durationSeconds);
  return {
    ...fields,
    ...target,
    name,
    credentialSource,
    webIdentity,
    via: via.map((hop) => hopOf(hop, durationSeconds)),
  };
}

function hopOf(written: WrittenHop, defaultSeconds: number): HopSpec {
  const { duration: durationSeconds = defaultSeconds, sessionName = DEFAULT_SESSION_NAME } = written;
  const { duration: _, tags = {}, transitiveTagKeys = [], policyARNs = [], ...fields } = written;
  return { ...fields, sessionName, durationSeconds, tags, transitiveTagKeys, policyARNs };
}
