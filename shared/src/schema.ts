/**
 * Checks of whole documents by valibot, with its issues turned into coded problems. By convention the
 * message of a schema or validation says what the field takes (`a whole number of 1-10`).
 */
import * as v from 'valibot';
import { nearest } from './nearest.ts';
import { problem, show, type Checked, type Problem } from './problem.ts';

export type Schema<T> = v.GenericSchema<unknown, T>;

/** Fields whose values no message repeats. */
const UNSHOWN: ReadonlySet<string> = new Set(['externalID']);

/** The whole value, or every problem in it at once. */
export function check<T>(schema: Schema<T>, value: unknown): Checked<T> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return { ok: true, value: result.output, warnings: [] };
  return { ok: false, problems: result.issues.map((issue) => toProblem(schema, issue)) };
}

function toProblem(schema: v.GenericSchema, issue: v.BaseIssue<unknown>): Problem {
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const path = keys.join('.');
  const last = keys.at(-1) ?? '';
  if (issue.type === 'strict_object' && keys.length > 0) {
    const known = knownKeys(schema, keys.slice(0, -1));
    if (!known.includes(last)) return unknownField(path, last, known);
  }
  // Not `issue.received`: a transformation that gave undefined stands there too.
  if (keys.length > 0 && issue.path?.at(-1)?.value === undefined) return problem('FieldMissing', path, 'is missing');
  const code = issue.kind === 'validation' ? 'FieldOutOfRange' : 'FieldWrongType';
  // The value as it was written: `issue.input` may be what a transformation made of it.
  const written: unknown = issue.path?.at(-1)?.value ?? issue.input;
  const is = UNSHOWN.has(last) ? 'is not in order' : `is ${show(written)}`;
  return problem(code, path, `${is}, but takes ${issue.message}`);
}

function unknownField(path: string, name: string, known: readonly string[]): Problem {
  const meant = nearest(name, known);
  const fix = meant === undefined ? `the fields are ${known.join(', ')}` : `did you mean ${meant}?`;
  return problem('FieldUnknown', path, 'is not a field of this version', fix);
}

/** The fields of the object at a path, found by walking the schema through objects, maps and lists. */
function knownKeys(schema: v.GenericSchema, path: readonly string[]): string[] {
  let at: unknown = schema;
  for (const key of path) at = unwrap(step(unwrap(at), key));
  const entries = (unwrap(at) as { entries?: object } | undefined)?.entries;
  return entries ? Object.keys(entries) : [];
}

function step(schema: unknown, key: string): unknown {
  const s = schema as { entries?: Record<string, unknown>; value?: unknown; item?: unknown } | undefined;
  return s?.entries?.[key] ?? s?.value ?? s?.item;
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  while (at && typeof at === 'object' && 'wrapped' in at) at = at.wrapped;
  return at;
}
