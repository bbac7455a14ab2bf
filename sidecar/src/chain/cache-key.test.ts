import fc from 'fast-check';
import { baseKey, hopKey } from './cache-key.ts';
import type { AssumeRoleCall, IdentityPlan, IrsaPlan } from '../model/plan.ts';

const text = fc.string({ maxLength: 20 });
const texts = fc.uniqueArray(text, { maxLength: 4 });
/** Every member of a call: the type says so. */
const MEMBERS: { readonly [K in keyof Required<AssumeRoleCall>]: fc.Arbitrary<Required<AssumeRoleCall>[K]> } = {
  roleARN: text,
  externalID: text,
  sessionName: text,
  durationSeconds: fc.integer({ min: 900, max: 3600 }),
  stsRegion: text,
  tags: fc.dictionary(text, text, { maxKeys: 4 }),
  transitiveTagKeys: texts,
  policy: text,
  policyARNs: texts,
  sourceIdentity: text,
};
const OPTIONAL = ['externalID', 'tags', 'transitiveTagKeys', 'policy', 'policyARNs', 'sourceIdentity'] as const;
const call = fc.record(MEMBERS, {
  requiredKeys: ['roleARN', 'sessionName', 'durationSeconds', 'stsRegion'],
}) as fc.Arbitrary<AssumeRoleCall>;

/** As STS sees a value: sets without an order, an empty one as none. */
function seen(value: unknown): string {
  if (Array.isArray(value)) return seen(value.length === 0 ? undefined : Object.fromEntries(value.map((v) => [v, 1])));
  if (typeof value !== 'object' || value === null) return value === undefined ? 'none' : JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? 'none' : JSON.stringify(entries);
}

describe.each(Object.keys(MEMBERS) as (keyof AssumeRoleCall)[])('%s', (name) => {
  test('another value, another key; the same value, the same key', () => {
    fc.assert(
      fc.property(call, MEMBERS[name] as fc.Arbitrary<unknown>, (one, value) => {
        const other = { ...one, [name]: value };
        const same = seen(one[name]) === seen(value);
        expect(hopKey('b', other, 'e') === hopKey('b', one, 'e')).toBe(same);
      }),
    );
  });
});

test.each(OPTIONAL)('%s: absent is another key than any value that is sent', (name) => {
  fc.assert(
    fc.property(call, MEMBERS[name] as fc.Arbitrary<unknown>, (one, value) => {
      const { [name]: _none, ...without } = one;
      const same = seen(value) === 'none';
      expect(hopKey('b', { ...without, [name]: value }, 'e') === hopKey('b', without, 'e')).toBe(same);
    }),
  );
});

test('what comes before and where it is called count too', () => {
  fc.assert(
    fc.property(call, text, text, text, text, (one, before, otherBefore, endpoint, otherEndpoint) => {
      const key = hopKey(before, one, endpoint);
      expect(hopKey(otherBefore, one, endpoint) === key).toBe(before === otherBefore);
      expect(hopKey(before, one, otherEndpoint) === key).toBe(endpoint === otherEndpoint);
      expect(hopKey(before, one, undefined)).not.toBe(key);
    }),
  );
});

test('tags and lists have no order, and a key shows no external ID', () => {
  const one = { roleARN: 'r', sessionName: 's', durationSeconds: 900, stsRegion: 'x', externalID: 'our-secret' };
  const ab = hopKey('b', { ...one, tags: { a: '1', b: '2' }, policyARNs: ['p', 'q'] }, 'e');
  expect(hopKey('b', { ...one, tags: { b: '2', a: '1' }, policyARNs: ['q', 'p'] }, 'e')).toBe(ab);
  expect(ab).toMatch(/^[\da-f]{64}$/);
});

const IRSA: IrsaPlan = {
  type: 'irsa',
  roleARN: 'arn:aws:iam::111111111111:role/base',
  stsRegion: 'eu-central-1',
  sessionName: 'shop.orders-1',
  token: { type: 'projected' },
};

test('base identities: each field counts', () => {
  const token = { type: 'token-request', namespace: 'n', name: 'x', audience: 'a' } as const;
  const sources: IdentityPlan[] = [
    { type: 'pod-identity' },
    { type: 'environment' },
    IRSA,
    { ...IRSA, roleARN: 'x' },
    { ...IRSA, stsRegion: 'x' },
    { ...IRSA, sessionName: 'x' },
    { ...IRSA, token },
    { ...IRSA, token: { ...token, name: 'y' } },
    { ...IRSA, token: { ...token, namespace: 'y' } },
    { ...IRSA, token: { ...token, audience: 'y' } },
  ];
  const keys = sources.map((source) => baseKey(source, 'e'));
  expect(new Set(keys).size).toBe(sources.length);
  expect(baseKey(IRSA, undefined)).not.toBe(baseKey(IRSA, 'e'));
});
