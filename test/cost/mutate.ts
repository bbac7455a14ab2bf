/** Changes of an input that may make it costlier: any part of it is pumped, widened, deepened, cut or exchanged. */
import { LIMITS } from '@rolechain/shared';
import type { Random } from '../fuzz/random.ts';
import type { Input } from './input.ts';

/** Strings are kept below it: nothing of an object is larger than a request of the apiserver. */
const TEXT_MAX = 3 * 1024 * 1024;
/** Members of a list or map that one change adds at most. */
const WIDEN_MAX = 20_000;

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

/** A copy with some changes; what is not changed is shared. `other` gives parts to exchange. */
export function mutate(r: Random, input: Input, other: Input): Input {
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
  if (part === 'settings') return r.below(4);
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

function many(r: Random): number {
  return r.once(12) ? 1 + r.below(WIDEN_MAX) : 2 ** r.below(10);
}

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

/** What YAML, JSON, our own grammars and regular expressions give a meaning to. */
const PIECES: readonly [string, ...string[]] = [
  ...[
    '&a ',
    '*a',
    '*a,',
    '&a [*a]',
    '<<: *a',
    '- ',
    '? ',
    ': ',
    ', ',
    '# ',
    '\n',
    '\n  ',
    '  ',
    '\t',
    '|\n',
    '>\n',
    '---\n',
    '...\n',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    '[]',
    '{}',
    '"',
    "'",
    '\\',
    '\\u0041',
    '!!str ',
    '!<x> ',
    '!x ',
    '%TAG ! x\n',
    'a: ',
    'k: &k ',
    '&',
  ],
  ...[
    '0',
    '1',
    '1_',
    '0x1',
    '1e9',
    '.',
    '-',
    '+',
    '_',
    ':',
    '=',
    '/',
    '*',
    '?',
    '~',
    '$',
    '$(X)',
    '${',
    '%zz',
    '%41',
    '@',
  ],
  ...[
    'roleARN: ',
    'roles: {',
    'via: [',
    'tags: {',
    'policy: ',
    'policyARNs: [',
    'externalID: ',
    'sessionName: ',
    '{namespace}',
  ],
  ...[
    'arn:aws:iam::222222222222:role/a',
    'arn:*',
    '**',
    '*a',
    'x=',
    'default+',
    'a=b,',
    '"a",',
    '""',
    ' ',
    'é',
    '𠮷',
    '\ud800',
    '\u2028',
  ],
] as [string, ...string[]];

/** Lengths at which something is refused: what costs most stands just below. */
const LENGTHS: readonly [number, ...number[]] = [
  64,
  256,
  1024,
  LIMITS.policyChars,
  8 * 1024,
  LIMITS.annotationBytes - 1,
  LIMITS.annotationBytes,
  LIMITS.configBytes,
  256 * 1024,
];

function changeText(r: Random, text: string, other: string): string {
  const from = r.below(text.length + 1);
  const to = Math.min(text.length, from + (r.once(3) ? r.below(200) : r.below(12)));
  const [before, piece, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)];
  switch (r.below(12)) {
    case 0:
    case 1:
      return before + pump(piece === '' ? r.pick(PIECES) : piece, many(r)) + after;
    case 2:
      return fill(before, piece === '' ? r.pick(PIECES) : piece, after, r.pick(LENGTHS));
    case 3:
      return counted(before, piece === '' ? r.pick(PIECES) : piece, after, many(r));
    case 4:
      return wrap(r, before, piece, after);
    case 5:
      return before + after;
    case 6:
      return before + other.slice(r.below(other.length + 1)).slice(0, 4096) + after;
    case 7:
      return r.once(2) ? before : after;
    default:
      return before + r.pick(PIECES) + (r.once(2) ? piece : '') + after;
  }
}

function pump(piece: string, times: number): string {
  return piece.repeat(Math.min(times, Math.floor(TEXT_MAX / piece.length)));
}

/** As often as it fits into a length. */
function fill(before: string, piece: string, after: string, length: number): string {
  const room = length - Buffer.byteLength(before) - Buffer.byteLength(after);
  return before + pump(piece, Math.max(0, Math.floor(room / Buffer.byteLength(piece)))) + after;
}

/** Again and again, each with a number behind its first word: names that differ. */
function counted(before: string, piece: string, after: string, times: number): string {
  const count = Math.min(times, Math.floor(TEXT_MAX / (piece.length + 6)));
  return (
    before +
    Array.from({ length: count }, (_, index) => piece.replace(/\w\b/, (end) => `${end}${index}`)).join('') +
    after
  );
}

function wrap(r: Random, before: string, piece: string, after: string): string {
  const [open, close] = r.pick<readonly [string, string]>([
    ['[', ']'],
    ['{a: ', '}'],
    ['{"a":', '}'],
    ['"', '"'],
    ["'", "'"],
    ['(', ')'],
    ['- ', ''],
    ['&a [*a,', ']'],
  ]);
  const times = many(r);
  return before + pump(open, times) + piece + pump(close === '' ? ' ' : close, times) + after;
}
