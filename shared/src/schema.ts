/**
 * Checks of whole documents by valibot, with its issues turned into coded problems. By convention the
 * message of a schema or validation says what the field takes (`a whole number of 1-10`).
 */
import * as v from 'valibot';
import { LIMITS } from './limits.ts';
import { didYouMean } from './did-you-mean.ts';
import { problem, show, type Result, type Problem } from './problem.ts';

export type Schema<T> = v.GenericSchema<unknown, T>;

/** What a schema makes of what was written, for reading alone. */
export type Output<S extends v.GenericSchema> = ReadOnly<v.InferOutput<S>>;
type ReadOnly<T> = T extends object ? { readonly [K in keyof T]: ReadOnly<T[K]> } : T;

/** A map of any values. Neither a list nor null is one, though JavaScript calls both objects. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields whose values no message repeats. */
const UNSHOWN: ReadonlySet<string> = new Set(['externalID', 'token']);

/** A key that stands in a path as it is; any other, however long, is shown in quotes. */
const PLAIN_KEY = /^[\w./-]{1,80}$/;

/**
 * The whole value, or its problems at once, LIMITS.problemsKept of them at most; the first alone where a value may hold
 * millions of them. In time that grows with the value and not faster.
 */
export function check<T>(schema: Schema<T>, value: unknown, problems: 'all' | 'first' = 'all'): Result<T> {
  const result = v.safeParse(schema, value, { abortPipeEarly: true, abortEarly: problems === 'first' });
  if (result.success) return { ok: true, value: result.output, warnings: [] };
  const found: Problem[] = [];
  for (const issue of result.issues) {
    if (found.length >= LIMITS.problemsKept) break;
    found.push(...toProblems(schema, issue));
  }
  return { ok: false, problems: found.slice(0, LIMITS.problemsKept) };
}

/** valibot assigns what it has checked, and an assignment to this name is lost. */
const LOST: ReadonlySet<string> = new Set(['__proto__']);

/**
 * A map from names to one schema. Not `v.record`, which leaves out names like `constructor` and takes a list.
 * `misnamed` says what a wrong name should have been; `expects` what the whole takes. What has more than `max` names is not
 * looked into.
 */
export function mapOf<T>(
  schema: Schema<T>,
  isName: (name: string) => boolean,
  misnamed: string,
  expects: string,
  max: number,
): Schema<Readonly<Record<string, T>>> {
  const wrong = failing(misnamed);
  const over = failing(expects);
  return v.lazy((input): Schema<Readonly<Record<string, T>>> => {
    if (!isMap(input)) return v.never(expects);
    const names = Object.keys(input);
    if (names.length > max) return over;
    return v.strictObject(
      Object.fromEntries(names.map((name) => [name, isName(name) && !LOST.has(name) ? schema : wrong])),
    );
  });
}

/** Not `v.never` alone, which would say that the type is wrong. */
const failing = (message: string): Schema<never> =>
  v.pipe(
    v.unknown(),
    v.check(() => false, message),
    v.never(message),
  );

/** A list of at most `max` elements; the elements of a longer one are not looked at. `expects` says what the whole takes. */
export function listOf<T>(schema: Schema<T>, expects: string, max: number): Schema<readonly T[]> {
  return v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value) || value.length <= max, expects),
    v.array(schema, expects),
  );
}

type Path = readonly v.IssuePathItem[];

function toProblems(schema: v.GenericSchema, issue: v.BaseIssue<unknown>): Problem[] {
  const path: Path = issue.path ?? [];
  const last = path.at(-1);
  if (last && issue.type === 'strict_object' && issue.expected === 'never') return unknownFields(schema, path, last);
  // Not `issue.received`: a transformation that gave undefined stands there too.
  if (last && last.value === undefined) return [problem('FieldMissing', pathText(path), 'is missing')];
  const code = issue.kind === 'validation' ? 'FieldOutOfRange' : 'FieldWrongType';
  // The value as it was written: `issue.input` may be what a transformation made of it.
  const written: unknown = last ? last.value : issue.input;
  const is = UNSHOWN.has(String(last?.key)) ? 'is not in order' : `is ${show(written)}`;
  return [problem(code, pathText(path), `${is}, but takes ${issue.message}`, quotesFix(issue, written))];
}

/** YAML gives a number or a boolean where text stands without quotes, and text where a number stands in them. */
function quotesFix({ expected, input }: v.BaseIssue<unknown>, written: unknown): string | undefined {
  // What a transformation made of it was not written so.
  if (input !== written) return undefined;
  if (expected === 'string' && (typeof written === 'number' || typeof written === 'boolean'))
    return 'write it in quotes';
  if (typeof written !== 'string') return undefined;
  const isOther = expected === 'number' ? /^\d{1,15}$/ : expected === 'boolean' ? /^(?:true|false)$/ : undefined;
  return isOther?.test(written) === true ? 'write it without quotes' : undefined;
}

/** valibot names the first unknown field of an object and stops; a reader wants all of them, within reason. */
function unknownFields(schema: v.GenericSchema, path: Path, last: v.IssuePathItem): Problem[] {
  const known = knownFields(schema, path);
  const unknown: string[] = [];
  for (const key of Object.keys(last.input as object)) {
    if (unknown.length >= LIMITS.problemsKept) break;
    if (!known.includes(key)) unknown.push(key);
  }
  const parent = path.slice(0, -1);
  return unknown.map((key) => unknownField(pathText([...parent, { ...last, key } as v.IssuePathItem]), key, known));
}

function unknownField(path: string, name: string, known: readonly string[]): Problem {
  const meant = didYouMean(name, known);
  const fix = meant === undefined ? `the fields are ${known.join(', ')}` : `did you mean ${meant}?`;
  return problem('FieldUnknown', path, 'is not a field of this version', fix);
}

function pathText(path: Path): string {
  return path
    .map(({ key }) => String(key))
    .map((key) => (PLAIN_KEY.test(key) ? key : show(key)))
    .join('.');
}

/** What the walk below reads of a valibot schema. */
interface Node {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Node>>;
  readonly value?: Node;
  readonly item?: Node;
  readonly wrapped?: Node;
  readonly pipe?: readonly Node[];
  readonly kind?: string;
  readonly getter?: (input: unknown) => Node;
  readonly key?: string;
  readonly options?: readonly Node[];
  readonly literal?: unknown;
}

/** The fields of the object that holds the path's last key, found by walking the schema along the path. */
function knownFields(schema: v.GenericSchema, path: Path): string[] {
  let at = schema as unknown as Node | undefined;
  let entries: Node['entries'];
  for (const { input, key } of path) {
    const node: Node | undefined = resolve(at, input);
    entries = node?.entries;
    at = entries?.[String(key)] ?? node?.value ?? node?.item;
  }
  return Object.keys(entries ?? {});
}

/** The schema behind `optional`, `lazy`, `variant` and checks that come first, for this input. */
function resolve(schema: Node | undefined, input: unknown): Node | undefined {
  const last = schema?.pipe?.findLast(({ kind }) => kind === 'schema');
  if (last) return resolve(last, input);
  if (schema?.wrapped) return resolve(schema.wrapped, input);
  if (schema?.getter) return resolve(schema.getter(input), input);
  if (schema?.type !== 'variant') return schema;
  const { key = '', options = [] } = schema;
  const tag = (input as Readonly<Record<string, unknown>>)[key];
  return options.find((option) => option.entries?.[key]?.literal === tag);
}
