/** Changes of a text: a piece of it is pumped, counted, wrapped, cut, exchanged or brought to a length. */
import { LIMITS } from '@rolechain/shared';
import type { Random } from '../fuzz/random.ts';

/** Nothing of an object is larger than a request of the apiserver. */
const TEXT_MAX = 3 * 1024 * 1024;
/** Members of a list or map, and pieces of a text, that one change adds at most. */
export const WIDEN_MAX = 20_000;

/** How often: mostly a few times. */
export function many(r: Random): number {
  return r.once(12) ? 1 + r.below(WIDEN_MAX) : 2 ** r.below(10);
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

export function changeText(r: Random, text: string, other: string): string {
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
