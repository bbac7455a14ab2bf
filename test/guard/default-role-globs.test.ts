/** The guard of a default role, in a real apiserver, and the webhook's own reading of the same annotations. */
import { join } from 'node:path';
import fc from 'fast-check';
import { ANNOTATIONS, FOREIGN_KEYS, LIMITS } from '@rolechain/shared';
import { withDefaultRole } from '@rolechain/webhook';
import { runs } from '@rolechain/kit/runs.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { openApi, type Api } from './api.ts';
import { ROLE, account, annotated, namespace } from './installed.ts';
import { outcomeOf, pod } from './pods.ts';

const { assumeRole, assumeRoleAccounts } = ANNOTATIONS;
type Texts = Readonly<Record<string, string>>;

/** One Namespace and the accounts in it: those of `based` have a base role. */
interface Case {
  readonly annotations: Texts;
  readonly names: readonly string[];
  readonly based: readonly string[];
}

const LONGEST = `${'a-b.'.repeat(63)}c`;
const NAMES = ['a', 'a.b', 'a-b', 'ab', 'orders', 'orders-2', 'team-a-ci', LONGEST];
const SEPARATORS = [' ', '  ', '\n', '\t', '\r\n', '\u00a0', '\f', '\v', '\u2028', ',', '|'];
/** What would mean something in a regular expression, a shell or a path. */
const HOSTILE = [
  'orders[',
  '(',
  ')',
  'a)|(b',
  '|',
  '^',
  '$',
  '^orders$',
  '\\',
  '\\Q',
  '.+',
  '[a-z]*',
  '?',
  'order?',
  '{1,}',
  '(?i)a',
];

const name = fc.constantFrom(...NAMES);
const starred = fc
  .tuple(name, fc.nat(8), fc.nat(8))
  .map(([of, from, length]) => of.slice(0, from) + '*' + of.slice(from + length));
const glob = fc.string({ unit: fc.constantFrom('a', 'b', 'o', '.', '-', '*'), maxLength: 8 });
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 20 }));
const word = fc.oneof(name, starred, glob, fc.constantFrom(...HOSTILE, 'Orders', 'x'.repeat(254)), anyText);
const list = fc
  .array(fc.tuple(word, fc.constantFrom(...SEPARATORS)), { maxLength: 6 })
  .map((words) => words.flat().join(''));
const optional = (key: string, text: fc.Arbitrary<string>): fc.Arbitrary<Texts> =>
  fc.option(text, { freq: 8 }).map((value) => (value === null ? {} : { [key]: value }));
const role = fc.oneof(
  { arbitrary: fc.constant(ROLE), weight: 8 },
  { arbitrary: fc.constantFrom('none', '', 'None', ' none'), weight: 1 },
  { arbitrary: anyText, weight: 1 },
);
const cases: fc.Arbitrary<Case> = fc.record({
  annotations: fc
    .tuple(optional(assumeRole.key, role), optional(assumeRoleAccounts.key, list))
    .map(([first, second]) => ({ ...first, ...second })),
  names: fc.uniqueArray(name, { minLength: 3, maxLength: 3 }),
  based: fc.subarray(NAMES),
});

const MOST = LIMITS.assumeRoleAccountsBytes;
const FITTING = Math.floor(MOST / 254);
/** At the limits, and what costs most. */
const EDGES: readonly string[] = [
  '',
  ' \n',
  `${'é'.repeat(MOST / 2 - 1)} *`,
  `${'é'.repeat(MOST / 2)} *`,
  `${'x'.repeat(MOST - 2)} *`,
  `${'x'.repeat(MOST - 1)} *`,
  '* '.repeat(MOST / 2),
  'a*'.repeat(126).concat(' ').repeat(FITTING),
  '*'.repeat(253).concat(' ').repeat(FITTING),
  // Nothing between two stars is as nothing between them and the end.
  `${'*'.repeat(100)}a${'*'.repeat(100)}b*c b***d`,
  `${'*b'.repeat(126)} `.repeat(FITTING),
  'a b c d '.repeat(MOST / 8),
  // A letter more than a name may have.
  `*${LONGEST}`,
];

/** Each letter of a glob and each separator counts, and no other. */
const LETTERS: readonly (readonly [list: string, names: readonly string[]])[] = [
  ['x\ta', ['a']],
  ['x\ra', ['a']],
  ['x\na', ['a']],
  ['x\fa', ['a']],
  ['x\va', ['a']],
  ['orders-2 a.b', ['orders-2', 'a.b', 'a-b']],
  ['orders-* a.* *2', ['orders', 'orders-2', 'a.b', 'a-b']],
  ['a.b*', ['a.b', 'a-b', 'ab']],
  ['a*b', ['ab', 'a.b', 'a-b', 'a']],
];

describeWithBinaries('globs of ServiceAccounts', ({ kubectl }) => {
  describeWithCluster('in the guard of a default role', (cluster) => {
    let api: Api;
    let made = 0;

    beforeAll(async () => {
      const all = kustomize(kubectl, join(ROOT, 'manifests/overlays/default-role'));
      await applyAll(
        cluster().kubeConfig,
        all.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy')),
      );
      api = await openApi(cluster().kubeConfig);
    });
    afterAll(() => api.close());

    test('whom they select the webhook selects too, and no other pod is refused', async () => {
      await fc.assert(fc.asyncProperty(fc.array(cases, { minLength: 60, maxLength: 60 }), agree), {
        numRuns: runs(3),
        endOnFailure: true,
      });
    });

    test('at every limit, and with what costs most', async () => {
      expect(Math.max(...EDGES.map((text) => Buffer.byteLength(text)))).toBeGreaterThan(MOST);
      const annotations = (text: string): Texts => ({ [assumeRole.key]: ROLE, [assumeRoleAccounts.key]: text });
      await agree(
        EDGES.map((text) => ({ annotations: annotations(text), names: ['a', 'orders', LONGEST], based: ['a'] })),
      );
    });

    test('by every letter and separator', async () => {
      await agree(
        LETTERS.map(([list, names]) => ({
          annotations: { [assumeRole.key]: ROLE, [assumeRoleAccounts.key]: list },
          ...{ names, based: [] },
        })),
      );
    });

    /** Makes all of them, and compares what becomes of a pod of each account. */
    async function agree(all: readonly Case[]): Promise<void> {
      const placed = all.map((one) => ({ ...one, in: `case-${made++}` }));
      await Promise.all(placed.map(make));
      // The last account of all: the guard's watch has told of the others once it has told of this.
      const last = { annotations: { [assumeRole.key]: ROLE }, names: ['last'], based: [], in: `case-${made++}` };
      await make(last);
      await until('the guard knows them', PATIENCE_MS, async () => (await found(last.in, 'last')) === 'refused');
      const pairs = placed.flatMap((one) => one.names.map((of) => ({ ...one, of })));
      const outcomes = await Promise.all(
        pairs.map(async ({ in: where, of, annotations, based }) => ({
          ...{ of, annotations, based: based.includes(of) },
          outcome: await found(where, of),
        })),
      );
      const expected = pairs.map(({ of, annotations, based, in: where }) => ({
        ...{ of, annotations, based: based.includes(of) },
        outcome: isSelected(where, of, annotations, based) ? 'refused' : 'plain',
      }));
      expect(outcomes).toEqual(expected);
    }

    async function make({ in: where, annotations, names, based }: Case & { readonly in: string }): Promise<void> {
      await post('/api/v1/namespaces', annotated(namespace(where), annotations));
      for (const of of names) {
        const texts = based.includes(of) ? { [FOREIGN_KEYS.eksRoleARN]: ROLE } : {};
        await post(`/api/v1/namespaces/${where}/serviceaccounts`, annotated(account(where, of), texts));
      }
    }

    async function post(path: string, body: object): Promise<void> {
      const answer = await api.post(path, body);
      if (answer.status !== 201) throw new Error(answer.body);
    }

    async function found(where: string, of: string): Promise<string> {
      const { outcome } = await outcomeOf(api, pod(where, of));
      return outcome === 'refused by the guard' ? 'refused' : outcome;
    }
  });
});

function isSelected(inNamespace: string, of: string, annotations: Texts, based: readonly string[]): boolean {
  const texts: Texts = based.includes(of) ? { [FOREIGN_KEYS.eksRoleARN]: ROLE } : {};
  const one = { namespace: inNamespace, name: of, annotations: texts };
  return withDefaultRole(one, annotations, { namespaceDefaultRole: true }).byDefault === true;
}
