import type { Operation } from 'fast-json-patch';
import { differingFields, type SidecarFields } from '../injection/sidecar-fields.ts';

/** An element of a list on its way to a new form: kept, replaced or taken away. */
export type Fate<T> = 'keep' | 'remove' | { readonly replace: T };

/** A JSON pointer (RFC 6901) of these keys. */
export function pointer(...keys: readonly (string | number)[]): string {
  return keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The operations that give every element its fate and append the new ones. A list that isn't there is
 * made whole, since `add` at `/-` of a missing list makes the apiserver refuse the pod, whatever the
 * failurePolicy. Removals run from the back, so that the indexes before them hold.
 */
export function listOperations<T>(
  path: string,
  before: readonly T[] | null | undefined,
  fate: (element: T, index: number) => Fate<T>,
  appended: readonly T[],
): Operation[] {
  if (!before) return appended.length > 0 ? [{ op: 'add', path, value: appended }] : [];
  const replaced: Operation[] = [];
  const removed: Operation[] = [];
  before.forEach((element, index) => {
    const what = fate(element, index);
    if (what === 'remove') removed.push({ op: 'remove', path: `${path}/${index}` });
    else if (what !== 'keep') replaced.push({ op: 'replace', path: `${path}/${index}`, value: what.replace });
  });
  const added = appended.map((value): Operation => ({ op: 'add', path: `${path}/-`, value }));
  return [...replaced, ...removed.reverse(), ...added];
}

/**
 * The fate of each element of `before`, given the list that it shall become: elements kept are the same objects. Those
 * that are `gone` are taken away, and one of their name is new.
 */
export function listDifference<T extends { readonly name: string }>(
  path: string,
  before: readonly T[] | null | undefined,
  after: readonly T[],
  gone: ReadonlySet<T> = new Set(),
): Operation[] {
  const old = before ?? [];
  const kept = new Set(after);
  const known = new Set(old);
  // Sets and maps: a pod may come with a hundred thousand variables, and the webhook answers one at a time.
  const changed = after.filter((element) => !known.has(element));
  const changedByName = new Map(changed.toReversed().map((element) => [element.name, element]));
  // A changed element stands in the place of the old one of its name; the others are new.
  const replacing = new Map<T, T>();
  for (const element of old) {
    const next = kept.has(element) || gone.has(element) ? undefined : changedByName.get(element.name);
    if (!next) continue;
    replacing.set(element, next);
    changedByName.delete(element.name);
  }
  const inPlace = new Set(replacing.values());
  const fate = (element: T): Fate<T> => {
    if (kept.has(element)) return 'keep';
    const next = replacing.get(element);
    return next ? { replace: next } : 'remove';
  };
  return listOperations(
    path,
    before,
    fate,
    changed.filter((element) => !inPlace.has(element)),
  );
}

/** The operations that make the container at this place what is wanted. */
export function fieldOperations(
  path: string,
  container: Readonly<Record<string, unknown>>,
  wanted: SidecarFields,
): Operation[] {
  return differingFields(container, wanted).map((field): Operation => {
    const at = path + pointer(field);
    return wanted[field] === undefined ? { op: 'remove', path: at } : { op: 'add', path: at, value: wanted[field] };
  });
}
