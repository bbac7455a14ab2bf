/** No field, choice, annotation, reason or code of the tables is without a row: a new one can't be forgotten. */
import {
  ANNOTATIONS,
  CREDENTIAL_SOURCES,
  ERROR_GROUPS,
  FIELDS,
  NESTED,
  REASONS,
  STARTUPS,
  WEB_IDENTITIES,
  parseAssumeRole,
} from '@rolechain/shared';
import { parse } from 'yaml';
import { BY_REGION, DIRECT, DUALSTACK, EGRESS, FIPS, VPC } from './egress-scenarios.ts';
import { NAMESPACES } from './refusals/accounts.ts';
import { messageOf, type Refusal } from './refusals/refusal.ts';
import { REFUSALS } from './refusals/rows.ts';
import { SCENARIOS } from './scenarios.ts';

const ROWS = [...SCENARIOS, ...EGRESS, ...FIPS, ...DUALSTACK, ...BY_REGION, ...VPC, DIRECT];
const annotations = ROWS.flatMap(({ annotation }) => annotation ?? []);

/** Every map of fields in the documents: roles and hops. */
function mapsIn(document: unknown): Record<string, unknown>[] {
  if (typeof document !== 'object' || document === null) return [];
  const { via = [], roles = {} } = document as { via?: unknown[]; roles?: object };
  return [document as Record<string, unknown>, ...[...via, ...Object.values(roles)].flatMap(mapsIn)];
}
const written = new Set(annotations.flatMap((text) => mapsIn(parse(text)).flatMap(Object.keys)));
const hops = annotations.flatMap((text) => mapsIn(parse(text)).flatMap(({ via = [] }) => via as object[]));

test('each field of the table stands in a row that is played', () => {
  expect([...Object.keys(FIELDS), ...Object.keys(NESTED)].filter((name) => !written.has(name))).toEqual([]);
});

test('each field that a hop takes stands in a hop that is played', () => {
  const inHops = new Set(hops.flatMap((hop) => Object.keys(hop)));
  const taken = Object.entries(FIELDS).flatMap(([name, { at }]) => (at === 'hop' ? name : []));
  expect(taken.filter((name) => !inHops.has(name))).toEqual([]);
});

test('each choice is made in a row that is played', () => {
  const roles = annotations.flatMap((text) => {
    const parsed = parseAssumeRole(text);
    return parsed.ok ? parsed.value : [];
  });
  expect(new Set(roles.map(({ credentialSource }) => credentialSource))).toEqual(new Set(CREDENTIAL_SOURCES));
  expect(new Set(roles.map(({ webIdentity }) => webIdentity))).toEqual(new Set(WEB_IDENTITIES));
  // Of roles that write none the setting decides, which these rows leave at its default.
  expect(new Set(roles.map(({ startup = 'proceed' }) => startup))).toEqual(new Set(STARTUPS));
});

test('each annotation that a user writes stands in a row', () => {
  const used = new Set<string>([
    ANNOTATIONS.assumeRole.key,
    ...Object.values(NAMESPACES).flatMap(Object.keys),
    ...[...ROWS, ...REFUSALS].flatMap(({ pod = {} }) => Object.keys(pod)),
  ]);
  const keys = Object.values(ANNOTATIONS).flatMap(({ key, writtenBy }) => (writtenBy === 'user' ? key : []));
  expect(keys.filter((key) => !used.has(key))).toEqual([]);
});

test('each reason that refuses a pod has a row', () => {
  const reasons = Object.entries(REASONS).flatMap(([code, { outcome }]) => (outcome === 'refused' ? code : []));
  const met = new Set<string>(REFUSALS.map(({ reason = 'AnnotationInvalid' }) => reason));
  expect(reasons.filter((code) => !met.has(code))).toEqual([]);
});

/** Codes and places in the words of a row: `<place> is …; <fix> (<code>)`. */
const wordsOf = ({ says }: Refusal): string => (typeof says === 'string' ? says : says.source.replaceAll('\\', ''));

test('each code of a document that people write has a row', () => {
  const met = new Set(REFUSALS.flatMap((row) => [...wordsOf(row).matchAll(/\((\w+)\)/g)].map(([, code]) => code)));
  const codes = Object.keys(ERROR_GROUPS['Documents that people write'] ?? {});
  expect([codes.length > 5, codes.filter((code) => !met.has(code))]).toEqual([true, []]);
});

test('each field of the table is refused in a row', () => {
  const places = REFUSALS.map((row) => /^\w+/.exec(wordsOf(row))?.[0]);
  expect([...Object.keys(FIELDS), ...Object.keys(NESTED)].filter((name) => !places.includes(name))).toEqual([]);
});

test('no two rows have a name in common, and each has words of its own', () => {
  const names = [...ROWS, ...REFUSALS].map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
  const [first, second] = REFUSALS;
  expect(messageOf(first!).source).not.toBe(messageOf({ ...second!, name: first!.name }).source);
});
