/**
 * Generated values of the annotation: valid documents; valid ones with a value, key or place changed; their text
 * with its YAML changed; and raw bytes. A seed and an index give one document, so that a failure can be had again.
 */
import { LIMITS } from '@rolechain/shared';
import { stringify } from 'yaml';
import { random, type Random } from './random.ts';
import { fluxDocument, validDocument, type Fields } from './valid.ts';

export interface Generated {
  readonly text: string;
  /** Whether the grammar must accept it; undefined when nobody knows. */
  readonly valid: true | undefined;
}

/** The document of this seed and index. */
export function generate(seed: number, index: number): Generated {
  const r = random(Math.imul(seed, 0x9e3779b1) + index);
  const kind = r.below(20);
  if (kind === 0) return unknown(bytes(r));
  if (kind === 1) return unknown(soup(r));
  if (kind === 2) return unknown(mutatedText(r, r.pick(BARE)));
  if (kind === 3) return unknown(write(r, mutated(r, fluxDocument(r))));
  const document = validDocument(r);
  if (kind < 7) return validText(write(r, document));
  if (kind < 15) return unknown(write(r, mutated(r, document)));
  return unknown(mutatedText(r, write(r, r.once(2) ? document : mutated(r, document))));
}

function validText(text: string): Generated {
  return Buffer.byteLength(text) > LIMITS.annotationBytes ? unknown(text) : { text, valid: true };
}

function unknown(text: string): Generated {
  return { text, valid: undefined };
}

const BARE = ['arn:aws:iam::222222222222:role/orders', '"arn:aws:iam::222222222222:role/a/b"', ''] as const;

function write(r: Random, document: unknown): string {
  const kind = r.below(32);
  if (kind === 0) return stringify(document);
  if (kind === 1) return JSON.stringify(document, null, 2);
  if (kind < 16 || typeof document !== 'object' || document === null) return JSON.stringify(document);
  // Block style at the top, flow style below: both parsers in one document, and cheap.
  return Object.entries(document)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}\n`)
    .join('');
}

/** Values that each field meets sooner or later. */
const ODD = [
  null,
  true,
  0,
  -1,
  1.5,
  899,
  900,
  3600,
  3601,
  43_200,
  43_201,
  1e300,
  '',
  ' ',
  'x',
  'x\n',
  'ä',
  '\ud800',
  '12h',
  'only',
  'prefer',
  'pod-identity',
  'environment',
  'cn-north-1',
  'arn:aws-cn:iam::222222222222:role/x',
  [],
  {},
  [[]],
  ['x'],
  { x: {} },
  { name: 'a', key: 'b' },
] as const;
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '<<',
  '',
  ' ',
  'rolearn',
  'roleARN',
  'externalID',
  'tags',
  'transitiveTagKeys',
  'via',
  'roles',
  'webIdentity',
  'default',
  'a\nb',
  'k'.repeat(200),
  'ключ',
] as const;

/** Fields that are in order each, and contradict each other or what may stand beside them. */
const CONTRADICTIONS: readonly [Fields, ...Fields[]] = [
  { externalID: 'ab', externalIDFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
  { webIdentity: 'only', duration: '12h' },
  { webIdentity: 'prefer', sourceIdentity: 'me' },
  { duration: 3601 },
  { tags: { a: '', A: '' }, transitiveTagKeys: ['b'] },
  { tags: { 'eks-cluster-name': 'x' }, credentialSource: 'pod-identity' },
  { serviceAccount: { name: 'a' }, credentialSource: 'environment' },
  { region: 'cn-north-1' },
  { roleARN: 'arn:aws-cn:iam::222222222222:role/x' },
];

/** A string of one of the limits, or one character off. */
function nearLimit(r: Random): string {
  const limit = r.pick([2, 20, 63, 64, 128, 253, 256, 512, 1224, 2048]);
  return r.pick(['x', 'ä', '𠮷', '-', '5']).repeat(Math.max(0, limit - 1 + r.below(3)));
}

function oddValue(r: Random): unknown {
  if (r.once(3)) return nearLimit(r);
  if (r.once(40)) return Array.from({ length: r.below(60) }, () => r.pick(ODD));
  if (r.once(40)) return deep(r.below(400));
  return r.pick<unknown>(ODD);
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { x: value };
  return value;
}

/** A copy with up to three changes, each at some depth. */
function mutated(r: Random, document: Fields): unknown {
  let copy: unknown = { ...document, ...(r.once(4) ? r.pick(CONTRADICTIONS) : {}) };
  if (r.once(4))
    copy = { ...document, via: [{ ...document, ...r.pick(CONTRADICTIONS), via: undefined, roles: undefined }] };
  for (let left = r.below(4); left > 0; left--) copy = change(r, copy);
  return copy;
}

/** Changes the value, or with growing likelihood one of what it holds. */
function change(r: Random, value: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0 || r.once(4)) return [...(value as unknown[]), ...(r.once(2) ? value : [oddValue(r)])];
    const at = r.below(value.length);
    return value.map((item, index) => (index === at ? change(r, item) : item) as unknown);
  }
  if (typeof value !== 'object' || value === null) return oddValue(r);
  const entries = Object.entries(value);
  const [name = '', held] = entries[r.below(entries.length)] ?? [];
  const others = entries.filter(([key]) => key !== name);
  switch (r.below(8)) {
    case 0:
      return Object.fromEntries([...entries, [r.once(2) ? r.pick(NAMES) : nearLimit(r), oddValue(r)]]);
    case 1:
      return Object.fromEntries(others);
    case 2:
      return Object.fromEntries([...others, [r.pick(NAMES), held]]);
    case 3:
      return Object.fromEntries([...others, [name, oddValue(r)]]);
    default:
      return Object.fromEntries([...others, [name, change(r, held)]]);
  }
}

/** What YAML, JSON and their readers give a meaning to. */
const PIECES = [
  ': ',
  ':',
  '\n',
  '\n  ',
  '- ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  ',',
  '&a ',
  '*a',
  '*a ',
  '<<: *a\n',
  '!!str ',
  '!!binary ',
  '!x ',
  '|\n',
  '>-\n ',
  '"',
  "'",
  '\n---\n',
  '\n...\n',
  '%YAML 1.1\n---\n',
  '%TAG ! x\n',
  '#',
  ' #',
  '\t',
  '\\x',
  String.raw`\u0000`,
  '\ufeff',
  '\0',
  '\u2028',
  '\ud800',
  '\u0085',
  '\r',
  'roleARN: ',
  'null',
  'yes',
  '0x1F',
  '1e999',
  '.nan',
  '2020-01-01',
  '@',
  '`',
] as const;

/** The text with pieces put in, cut out, swapped or repeated. */
function mutatedText(r: Random, text: string): string {
  let out = text;
  for (let left = 1 + r.below(4); left > 0; left--) {
    const at = r.below(out.length + 1);
    const length = r.once(4) ? r.below(out.length + 1) : r.below(8);
    const kind = r.below(6);
    const piece = kind < 3 ? r.pick(PIECES) : kind === 3 ? out.slice(at, at + length) : '';
    // Aliases, brackets and the like in numbers: near and over the limits on nesting and repetition.
    const times = r.once(60) ? r.below(3000) : 1;
    out = out.slice(0, at) + piece.repeat(times) + out.slice(kind > 3 || r.once(2) ? at + length : at);
    if (out.length > 40_000) out = out.slice(0, 32_760 + r.below(20));
  }
  return out;
}

function soup(r: Random): string {
  const length = r.once(100) ? r.below(20_000) : r.below(40);
  return Array.from({ length }, () => (r.once(8) ? r.pick(NAMES) : r.pick(PIECES))).join('');
}

/** Bytes as the API server could hand them on: as UTF-8 with replacements, or one character a byte. */
function bytes(r: Random): string {
  const length = r.once(200) ? 32_700 + r.below(140) : r.below(120);
  const raw = Buffer.from(Array.from({ length }, () => r.below(256)));
  return raw.toString(r.once(2) ? 'utf8' : 'latin1');
}
