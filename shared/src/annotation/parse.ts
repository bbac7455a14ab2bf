/**
 * The grammar of the annotation `rolechain.io/assume-role`: a bare role ARN, or one YAML or JSON document of
 * the fields in fields.ts, with hops in `via` and further roles in `roles`.
 */
import * as v from 'valibot';
import { DEFAULT_ROLE, DNS_LABEL, RESERVED_ROLES } from '../kubernetes.ts';
import { LIMITS } from '../limits.ts';
import { problem, type Result, type Problem } from '../problem.ts';
import { check, listOf, mapOf, type Schema } from '../schema.ts';
import { DEFAULT_SESSION_NAME } from '../session-name.ts';
import { chainOf } from './chain.ts';
import { readDocument } from './document.ts';
import { FIELDS, NESTED } from './fields.ts';
import { chainProblems, chainWarnings, serviceAccountProblems } from './rules.ts';
import { isMap, validPart } from './valid-part.ts';
import type { Document, HopSpec, RoleSpec, WrittenHop, WrittenRole } from './types.ts';

function entries(at: 'role' | 'hop', required: readonly string[]): Record<string, Schema<unknown>> {
  const here = Object.entries(FIELDS).filter(([, field]) => at === 'role' || field.at === 'hop');
  return Object.fromEntries(
    here.map(([name, { schema }]) => [name, required.includes(name) ? schema : v.optional(schema)]),
  );
}

const VIA = v.optional(
  listOf(v.strictObject(entries('hop', ['roleARN']), 'a map of fields'), NESTED.via.limit, LIMITS.via),
);
const ROLE = v.strictObject({ ...entries('role', ['roleARN']), via: VIA }, 'a map of fields');
const ROLES = v.optional(
  mapOf(
    ROLE,
    (name) => DNS_LABEL.test(name) && !RESERVED_ROLES.includes(name),
    `a role under a DNS label other than ${RESERVED_ROLES.join(' and ')}`,
    NESTED.roles.limit,
    LIMITS.roles,
  ),
);
const DOCUMENT = v.strictObject({ ...entries('role', []), via: VIA, roles: ROLES }) as unknown as Schema<Document>;

/**
 * Reads the annotation's value. All problems of a document come together; each names the field, the limit and
 * the fix. Pure; no input throws.
 */
export function parseAssumeRole(text: string): Result<readonly RoleSpec[]> {
  const document = readDocument(text);
  if (!document.ok) return document;
  const checked = check(DOCUMENT, document.value);
  const all = placed(checked.ok ? checked.value : validPart(document.value));
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
    found.push(problem('FieldOutOfRange', 'roles', `holds ${count} roles, but takes ${NESTED.roles.limit}`));
  }
  return found;
}

/** The declared roles with their places in the document; the one at the top level first. */
function placed({ roles = {}, ...top }: Document): { readonly path: string; readonly spec: RoleSpec }[] {
  const further = Object.entries(roles).map(([name, role]) => ({ path: `roles.${name}.`, spec: roleOf(name, role) }));
  if (top.roleARN === undefined) return further;
  return [{ path: '', spec: roleOf(DEFAULT_ROLE, { ...top, roleARN: top.roleARN }) }, ...further];
}

/** A role with its defaults filled in. */
export function roleOf(name: string, { via = [], ...written }: WrittenRole): RoleSpec {
  return {
    credentialSource: 'auto',
    webIdentity: 'never',
    startup: 'proceed',
    ...hopOf(written),
    name,
    via: via.map(hopOf),
  };
}

function hopOf<T extends WrittenHop>({ duration, ...written }: T): Omit<T, 'duration'> & HopSpec {
  // The schema leaves absent fields out, which the compiler can't see.
  return {
    sessionName: DEFAULT_SESSION_NAME,
    tags: {},
    transitiveTagKeys: [],
    policyARNs: [],
    ...written,
    durationSeconds: duration ?? LIMITS.durationDefaultSeconds,
  } as Omit<T, 'duration'> & HopSpec;
}
