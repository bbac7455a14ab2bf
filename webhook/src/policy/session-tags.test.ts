/** The tags that a target's call has in the end: the annotation's, the admin's, and what STS takes of both. */
import { LIMITS, isTagValue } from '@rolechain/shared';
import { runs } from '@rolechain/kit/runs.ts';
import fc from 'fast-check';
import { decide } from './decide-pod.ts';
import type { Decision } from './decision.ts';
import { SETTINGS, TARGET, account, plainPod } from '../testing/fixtures.ts';
import type { DecideSettings } from '../settings/settings.ts';

const HUB = 'arn:aws:iam::222222222222:role/hub';
const NOTHING = { others: new Map(), allowedRoles: undefined };
const decided = (fields: object, settings: Partial<DecideSettings> = {}): Decision =>
  decide(plainPod(), account(JSON.stringify({ roleARN: TARGET, ...fields })), { ...SETTINGS, ...settings }, NOTHING);
const tagsOf = (decision: Decision): unknown =>
  decision.outcome === 'injected' ? decision.config.roles.default?.hops.map(({ tags }) => tags) : decision.reason;
const messageOf = (decision: Decision): string => (decision.outcome === 'refused' ? decision.message : '');

test('placeholders are filled in when the pod is admitted, of hops too', () => {
  const tags = { owner: '{namespace}/{serviceAccount}', where: 'in {cluster}', plain: 'x' };
  expect(tagsOf(decided({ tags, via: [{ roleARN: HUB, tags: { ns: '{namespace}' } }] }))).toEqual([
    { ns: 'shop' },
    { owner: 'shop/orders', where: 'in prod', plain: 'x' },
  ]);
});

test('{cluster} without the setting is told, with the tag that names it', () => {
  const decision = decided({ tags: { where: '{cluster}' } }, { cluster: undefined });
  expect(messageOf(decision)).toContain(
    "tags.where names {cluster}, but the webhook's setting cluster is empty; leave",
  );
});

test.each([
  ['too long', 'x'.repeat(257)],
  ['of characters that no tag takes', 'prod#1'],
])('a value that becomes %s is refused', (_name, cluster) => {
  const decision = decided({ tags: { where: '{cluster}' } }, { cluster });
  expect(decision.reason).toBe('AnnotationInvalid');
  expect(messageOf(decision)).toMatch(/tags\.where becomes ".*, which STS does not take; write a value/);
});

test("the admin's default tags stand where the annotation has none, in whatever case", () => {
  const settings = { defaultTags: { team: 'none', ns: '{namespace}' } };
  expect(tagsOf(decided({}, settings))).toEqual([{ team: 'none', ns: 'shop' }]);
  expect(tagsOf(decided({ tags: { Team: 'a' } }, settings))).toEqual([{ Team: 'a', ns: 'shop' }]);
  // A transitive tag of an earlier hop is the annotation's word too.
  const via = [{ roleARN: HUB, tags: { TEAM: 'a' }, transitiveTagKeys: ['TEAM'] }];
  expect(tagsOf(decided({ via }, settings))).toEqual([{ TEAM: 'a' }, { ns: 'shop' }]);
});

test('forced tags win, are told where they do, and stay transitive', () => {
  const decision = decided(
    { tags: { Owner: 'me', team: 'a' }, transitiveTagKeys: ['Owner'] },
    { forcedTags: { owner: '{namespace}' }, defaultTags: { OWNER: 'nobody' } },
  );
  expect(tagsOf(decision)).toEqual([{ team: 'a', owner: 'shop' }]);
  expect(decision.outcome === 'injected' && decision.config.roles.default?.hops[0]?.transitiveTagKeys).toEqual([
    'owner',
  ]);
  expect(decision.warnings).toContain("tags.Owner is not sent: the admin's setting forcedTags has another value");
  expect(decided({ tags: { owner: 'shop' } }, { forcedTags: { owner: '{namespace}' } }).warnings).toEqual([]);
});

test('a role with webIdentity has no default tags, and is refused where there are forced ones', () => {
  const fields = { webIdentity: 'only' };
  expect(tagsOf(decided(fields, { defaultTags: { a: 'b' } }))).toEqual([undefined]);
  const decision = decided(fields, { forcedTags: { a: 'b' } });
  expect(decision.reason).toBe('TagsImpossible');
  expect(messageOf(decision)).toContain('webIdentity is only, which sends no tags.');
});

test('a forced tag that an earlier hop passes on is refused: nobody can replace it', () => {
  const via = [{ roleARN: HUB, tags: { Owner: 'x' }, transitiveTagKeys: ['Owner'] }];
  const decision = decided({ via }, { forcedTags: { owner: 'y' } });
  expect([decision.reason, messageOf(decision)]).toEqual([
    'TagsImpossible',
    expect.stringContaining('via passes on the tag "owner", which forcedTags sets.'),
  ]);
});

const fiftyTags = Object.fromEntries(Array.from({ length: LIMITS.tags }, (_, index) => [`k${index}`, 'v']));
test.each(['defaultTags', 'forcedTags'] as const)('%s over the number that STS takes are refused', (field) => {
  const decision = decided({ tags: fiftyTags }, { [field]: { more: 'x' } });
  expect([decision.reason, messageOf(decision)]).toEqual([
    'TagsImpossible',
    expect.stringContaining('tags would be 51, and STS takes 50.'),
  ]);
  // One that takes the place of another is none more.
  expect(decided({ tags: fiftyTags }, { [field]: { K0: 'x' } }).outcome).toBe('injected');
});

test("an admin's tag that becomes too long is refused, and not laid at the annotation's door", () => {
  const decision = decided({}, { cluster: 'x'.repeat(257), defaultTags: { where: '{cluster}' } });
  expect([decision.reason, messageOf(decision)]).toEqual([
    'TagsImpossible',
    expect.stringMatching(/tags\.where becomes "x+\.\.\., which STS does not take\./),
  ]);
});

const key = fc.string({ unit: fc.constantFrom('a', 'B', 'b', 'c', ' '), minLength: 1, maxLength: 3 });
const value = fc.constantFrom('x', '{namespace}', '{serviceAccount}{cluster}', '', 'y'.repeat(256));
const tags = fc.uniqueArray(fc.tuple(key, value), { maxLength: 30, selector: ([name]) => name.toLowerCase() });

test('whatever is set, what goes to STS is within its limits, and has every forced tag', () => {
  const seen = { injected: 0, refused: 0 };
  fc.assert(
    fc.property(tags, tags, tags, fc.constantFrom('prod', 'x'.repeat(251)), (own, defaults, forced, cluster) => {
      const settings = {
        cluster,
        defaultTags: Object.fromEntries(defaults),
        forcedTags: Object.fromEntries(forced),
      };
      const decision = decided({ tags: Object.fromEntries(own) }, settings);
      if (decision.outcome !== 'injected') {
        expect(['TagsImpossible', 'AnnotationInvalid']).toContain(decision.reason);
        seen.refused += 1;
        return;
      }
      seen.injected += 1;
      const sent = decision.config.roles.default?.hops[0]?.tags ?? {};
      const keys = Object.keys(sent).map((name) => name.toLowerCase());
      expect(keys.length).toBeLessThanOrEqual(LIMITS.tags);
      expect(new Set(keys).size).toBe(keys.length);
      expect(Object.values(sent).every(isTagValue)).toBe(true);
      const wanted = Object.keys(settings.forcedTags);
      expect(Object.keys(sent)).toEqual(expect.arrayContaining(wanted));
      for (const [name] of [...own, ...defaults]) expect(keys).toContain(name.toLowerCase());
    }),
    { numRuns: runs(300) },
  );
  expect(Math.min(seen.injected, seen.refused)).toBeGreaterThan(5);
});
