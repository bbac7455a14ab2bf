/** Changes of an input that may make it costlier: any part of it is pumped, widened, deepened, cut or exchanged. */
import type { Random } from '../fuzz/random.ts';
import { isWithin, type Input } from './input.ts';
import { WIDEN_MAX, changeText, many } from './mutate-text.ts';

/** The parts of an input that somebody else writes. The rest of it names where it goes. */
const PARTS = {
  webhook: [
    'object',
    'object',
    'object',
    'account',
    'account',
    'account',
    'namespace',
    'others',
    'request',
    'settings',
  ],
  sidecar: ['path', 'headers', 'headers', 'method', 'body', 'state'],
} as const;

/** Everything of an input together. A review is at most 8 MiB, and what is found around it has limits of its own. */
const INPUT_MAX = 9 * 1024 * 1024;

/** A copy with some changes; what is not changed is shared. `other` gives parts to exchange. */
export function mutate(r: Random, input: Input, other: Input): Input {
  const changed = changeParts(r, input, other);
  return isWithin(changed, INPUT_MAX) ? changed : input;
}

function changeParts(r: Random, input: Input, other: Input): Input {
  let changed: Record<string, unknown> = { ...input };
  for (let left = 1 + r.below(3); left > 0; left--) {
    const parts: readonly [string, ...string[]] = PARTS[input.program];
    const part = r.pick(parts);
    const theirs = (other as unknown as Record<string, unknown>)[part];
    changed = { ...changed, [part]: changePart(r, part, changed[part], theirs) };
  }
  return changed as unknown as Input;
}

function changePart(r: Random, part: string, value: unknown, theirs: unknown): unknown {
  if (part === 'settings') return r.below(5);
  if (part === 'state') return r.pick(['valid', 'failing', 'fetching']);
  if (theirs !== undefined && r.once(12)) return theirs;
  return change(r, value, theirs);
}

function change(r: Random, value: unknown, theirs: unknown): unknown {
  if (typeof value === 'string') return changeText(r, value, typeof theirs === 'string' ? theirs : '');
  if (Array.isArray(value))
    return changeList(r, value, Array.isArray(theirs) ? theirs[r.below(theirs.length)] : theirs);
  if (typeof value === 'object' && value !== null) return changeMap(r, value as Record<string, unknown>, theirs);
  return r.pick(ODD);
}

const ODD: readonly [unknown, ...unknown[]] = [
  0,
  1,
  -1,
  65_535,
  1e308,
  0.1,
  true,
  null,
  '',
  'x',
  [],
  {},
  [[]],
  { a: 1 },
];

function changeList(r: Random, list: readonly unknown[], theirs: unknown): unknown {
  if (list.length === 0) return [r.pick(ODD)];
  const at = r.below(list.length);
  switch (r.below(10)) {
    case 0:
    case 1:
      return list.length > WIDEN_MAX ? list : [...list, ...numbered(list[at], many(r))];
    case 2:
      return list.filter((_, index) => index !== at);
    case 3:
      return [...list, theirs ?? r.pick(ODD)];
    default:
      return list.map((item, index) => (index === at ? change(r, item, theirs) : item));
  }
}

/** Copies that a rule about names would take for different things. */
function numbered(item: unknown, count: number): unknown[] {
  const named =
    typeof item === 'object' && item !== null && 'name' in item && typeof item.name === 'string'
      ? item.name
      : undefined;
  return Array.from({ length: count }, (_, index) =>
    named === undefined ? item : { ...(item as object), name: `${named}-${index}` },
  );
}

function changeMap(r: Random, map: Readonly<Record<string, unknown>>, theirs: unknown): unknown {
  const entries = Object.entries(map);
  const [key = '', held] = entries[r.below(entries.length)] ?? [];
  const others = (typeof theirs === 'object' && theirs !== null ? theirs : {}) as Readonly<Record<string, unknown>>;
  const their = Object.entries(others);
  const [theirKey = 'x', theirValue = r.pick(ODD)] = their[r.below(their.length)] ?? [];
  switch (r.below(12)) {
    case 0:
      return { ...map, [theirKey]: theirValue };
    case 1:
      return Object.fromEntries(entries.filter(([name]) => name !== key));
    case 2:
      return entries.length > WIDEN_MAX
        ? map
        : { ...map, ...Object.fromEntries(Array.from({ length: many(r) }, (_, index) => [`${key}${index}`, held])) };
    case 3:
      return { ...map, [key]: deepen(held, many(r) % 400) };
    case 4:
      return { ...map, [changeText(r, key, theirKey)]: held };
    default:
      // Texts that stand in the place of texts.
      return { ...map, [key]: change(r, held, others[key] ?? theirValue) };
  }
}

function deepen(value: unknown, levels: number): unknown {
  let deep = value;
  for (let left = levels; left > 0; left--) deep = left % 2 === 0 ? [deep] : { a: deep };
  return deep;
}
