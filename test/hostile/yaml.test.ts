/**
 * Texts of 32 KiB that cost a YAML library most, against the largest document that somebody may mean. Each stands once:
 * the library's quadratic parts, its mistakes, its aliases, its tags, and its signs without a meaning.
 */
import { stringify } from 'yaml';
import { LIMITS, parseAssumeRole, parseFluxAssumeRole } from '@rolechain/shared';
import { timesAsMuch } from '@rolechain/kit/cost.ts';

const SIZE = LIMITS.annotationBytes;
const ARN = 'arn:aws:iam::222222222222:role/x';
const tags = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
const many = (count: number, role: object): object => ({
  roles: Object.fromEntries(Array.from({ length: count }, (_, n) => [`r${n}`, { roleARN: ARN, ...role }])),
});

/** Every field that a role may have, each within its limits. */
const FULL = {
  externalID: 'orders-1',
  sessionName: '{pod}',
  duration: '30m',
  region: 'eu-central-1',
  stsRegion: 'eu-central-1',
  policy: { Version: '2012-10-17' },
  policyARNs: ['arn:aws:iam::aws:policy/X'],
  sourceIdentity: 'me',
  credentialSource: 'irsa',
  startup: 'require',
  webIdentity: 'never',
  via: [{ roleARN: ARN, externalID: 'hub-1', duration: '30m', stsRegion: 'eu-central-1' }],
};
/** Each written out, and with an alias for each part that stands twice. */
const writtenOut = (document: object): string => stringify(document, { aliasDuplicateObjects: false });
const LARGEST = writtenOut(many(32, { tags: tags(50), transitiveTagKeys: Object.keys(tags(10)) }));

test.each([
  ['32 roles with every field', many(32, { ...FULL, tags: tags(2) })],
  ['32 roles with 50 tags', many(32, { tags: tags(50), transitiveTagKeys: Object.keys(tags(10)) })],
  ['32 roles with five hops', many(32, { via: Array.from({ length: 5 }, () => ({ roleARN: ARN })) })],
  [
    '8 roles with five hops of 50 tags',
    many(8, { via: Array.from({ length: 4 }, () => ({ roleARN: ARN, tags: tags(50) })) }),
  ],
])('%s pass, as JSON and as YAML', (_name, document) => {
  for (const text of [JSON.stringify(document), writtenOut(document), stringify(document)]) {
    if (text.length > SIZE) continue;
    const read = parseAssumeRole(text);
    expect(read.ok ? [] : read.problems).toEqual([]);
  }
});

function filled(unit: string | ((n: number) => string), before = '', after = ''): string {
  let text = before;
  for (let n = 0; ; n++) {
    const next = typeof unit === 'string' ? unit : unit(n);
    if (text.length + next.length + after.length > SIZE) return text + after;
    text += next;
  }
}
const key = (n: number): string => n.toString(36);
const stairs = (sign: string): string => {
  let text = '';
  for (let depth = 0; text.length < SIZE; depth++) text += `${' '.repeat(depth)}${sign}\n`;
  return text.slice(0, SIZE);
};

const HOSTILE: readonly (readonly [string, string])[] = [
  ['keys of a map', filled((n) => `${key(n)}: \n`)],
  ['keys of a map in braces', filled((n) => `${key(n)},`, '{', '}')],
  ['pairs in braces', filled((n) => `${key(n)}: b,`, '{', '}')],
  ['as many of them as there may be', filled((n) => `${key(n)}: b,`, '{', '}').slice(0, 15_000) + '}'],
  ['unknown fields near a known one', filled((n) => `role${key(n)}: 1\n`, `roleARN: ${ARN}\n`).slice(0, 24_000)],
  ['roles with an unknown field', filled((n) => `r${key(n)}: {y},`, '{roles: {', '}}')],
  ['roles of nothing', filled((n) => `r${key(n)},`, '{roles: {', '}}').slice(0, 16_000) + '}}'],
  ['tags of nothing', filled((n) => `${key(n)},`, `{roleARN: "${ARN}", tags: {`, '}}')],
  ['hops of nothing', filled('1,', `{roleARN: "${ARN}", via: [`, ']}')],
  ['aliases of what they stand in', filled('*x,', '&x [', ']')],
  ['aliases', filled('*x,', 'a: &x [y]\nb: [', ']')],
  ['anchors', filled((n) => `k${key(n)}: &a${key(n)} x\n`)],
  ['anchors without a value', filled('&a ')],
  ['merges', filled('<<: {a: b}\n')],
  ['merges of aliases', filled('*a,', 'a: &a {x: y}\nb:\n  <<: [', ']\n')],
  ['tags of YAML', filled('!!map,', '[', ']')],
  ['tags without a value', filled('! ')],
  ['tags of keys', filled((n) => `k${key(n)}: v\n!!seq ~`)],
  ['ordered maps', filled((n) => `- ${key(n)}: 1\n`, '!!omap\n')],
  ['sets', filled((n) => `? ${key(n)}\n`, '!!set\n')],
  ['lists in each other', filled('[')],
  ['maps in each other', filled('{a: ')],
  ['maps as keys', filled('{')],
  ['lists in lists by lines', stairs('-')],
  ['maps in maps by lines', stairs('a:')],
  ['dashes', filled('- ')],
  ['question marks', filled('? ')],
  ['colons', filled(': ')],
  ['commas', filled(',', '[', ']')],
  ['closing brackets', filled(']')],
  ['quotes', filled('"')],
  ['pairs of quotes', filled("'' ")],
  ['unknown escapes', filled('\\q', '"', '"')],
  ['broken escapes', filled('\\x', '"', '"')],
  ['folded lines', filled(' \n a', "'", "'")],
  ['block scalars', filled('- |\n')],
  ['headers of block scalars', filled('|9\n')],
  ['comments', filled(' #\n', '[', ']')],
  ['comments behind empty lines', `a:\n${'\n'.repeat(8000)}${' #\n'.repeat(8000)}`],
  ['empty lines', filled('\n')],
  ['line ends of Windows', filled('\r\n')],
  ['tabs', filled('- \t')],
  ['documents', filled('---\n')],
  ['ends of documents', filled('...\n')],
  ['directives', filled('%a\n')],
  ['a long number', filled('1')],
  ['a long number with signs', filled('1_', '1')],
  ['times of day', filled(':1', '1')],
  ['dates', filled('2001-01-01,', '[', ']')],
  ['a long word', filled('a')],
  ['a policy of words', filled('a,', `{roleARN: "${ARN}", policy: {a: [`, ']}}')],
  ['an encoded text', filled('A', '!!binary "', '"')],
];

/** What grows by the square costs 10 to 10,000 times as much. */
const ENOUGH = 4;

test.each(HOSTILE)('%s', (_name, text) => {
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(SIZE);
  const honest = (): unknown => parseAssumeRole(LARGEST);
  expect(timesAsMuch(honest, () => parseAssumeRole(text), ENOUGH)).toBeLessThan(ENOUGH);
  expect(timesAsMuch(honest, () => parseFluxAssumeRole(text), ENOUGH)).toBeLessThan(ENOUGH);
});
