/** What differs between a pod before and after, path by path, on raw JSON. */
import { isDeepStrictEqual } from 'node:util';

export interface Change {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved';
  /** As `spec.containers[app].env[PATH].value`: elements of a list by their names, where each has its own. */
  readonly path: string;
}

type Json = Record<string, unknown>;

/** Maps that are made where they lack; so are lists. */
const MADE: readonly string[] = ['metadata', 'metadata.annotations'];

/** Every difference, the outermost that is added or removed whole. */
export function changes(before: unknown, after: unknown, path = ''): Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  // What had to be made for what was added to it counts as that alone.
  const made = Array.isArray(after) || MADE.includes(path);
  if (made && isEmptyOrAbsent(before) && isFilled(after)) return members(Array.isArray(after) ? [] : {}, after, path);
  if (before === undefined) return [{ kind: 'added', path }];
  if (after === undefined) return [{ kind: 'removed', path }];
  if (isCollection(before) && isCollection(after) && Array.isArray(before) === Array.isArray(after)) {
    return members(before, after, path);
  }
  return [{ kind: 'changed', path }];
}

function members(before: object, after: object, path: string): Change[] {
  const [old, next] = keyed(before, after);
  const at = (key: string): string => {
    if (Array.isArray(after)) return `${path}[${key}]`;
    return path === '' ? key : `${path}.${key}`;
  };
  const found = [...new Set([...old.keys(), ...next.keys()])].flatMap((key) =>
    changes(old.get(key), next.get(key), at(key)),
  );
  const order = (one: Map<string, unknown>, other: Map<string, unknown>): string[] =>
    [...one.keys()].filter((key) => other.has(key));
  const moved = Array.isArray(after) && !isDeepStrictEqual(order(old, next), order(next, old));
  return moved ? [...found, { kind: 'moved', path }] : found;
}

/** The members of two maps or lists under keys that mean the same in both. */
function keyed(before: object, after: object): readonly [Map<string, unknown>, Map<string, unknown>] {
  if (!Array.isArray(before) || !Array.isArray(after)) {
    return [new Map(Object.entries(before)), new Map(Object.entries(after))];
  }
  const field = ['mountPath', 'name'].find((name) => [before, after].every((list) => isKey(list as unknown[], name)));
  const map = (list: unknown[]): Map<string, unknown> =>
    new Map(list.map((item, index) => [field === undefined ? String(index) : String((item as Json)[field]), item]));
  return [map(before), map(after)];
}

function isKey(list: readonly unknown[], field: string): boolean {
  const values = list.map((item) => (isCollection(item) ? (item as Json)[field] : undefined));
  return values.every((value) => typeof value === 'string') && new Set(values).size === list.length;
}

function isCollection(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
function isFilled(value: unknown): value is object {
  return isCollection(value) && Object.keys(value).length > 0;
}
function isEmptyOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || (isCollection(value) && Object.keys(value).length === 0);
}
