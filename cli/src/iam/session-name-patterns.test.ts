import fc from 'fast-check';
import { sessionName } from '@rolechain/shared';
import { globMatches } from '@rolechain/doubles/iam.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { sessionNamePatterns } from './session-name-patterns.ts';

const VALUES = { namespace: 'shop', serviceAccount: 'orders', cluster: 'prod/eu' };

test.each([
  ['{namespace}.{pod}', ['shop.*']],
  ['{pod}', ['*']],
  ['fixed', ['fixed']],
  ['{namespace}.{serviceAccount}', ['shop.orders']],
  ['{pod}@{namespace}', ['*@shop', '*-??????????']],
  ['{cluster}.{pod}', ['prod-eu.*-??????????']],
  [`${'x'.repeat(60)}{pod}`, [`${'x'.repeat(60)}*`, `${'x'.repeat(53)}-??????????`]],
  [`${'x'.repeat(64)}{pod}`, [`${'x'.repeat(53)}-??????????`]],
])('%s', (template, expected) => expect(sessionNamePatterns(template, VALUES)).toEqual(expected));

const name = (max: number): fc.Arbitrary<string> =>
  fc.stringMatching(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, { maxLength: max });

test('the name of every pod matches one of them', () => {
  const part = fc.oneof(
    fc.constantFrom('{pod}', '{pod}', '{namespace}', '{serviceAccount}', '{cluster}'),
    fc.stringMatching(/^[\w+=,.@-]{0,40}$/),
  );
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('') || 'x'),
      fc.record({ namespace: name(63), serviceAccount: name(80), cluster: fc.string({ maxLength: 20 }) }),
      name(253),
      (template, values, pod) => {
        const patterns = sessionNamePatterns(template, values);
        const found = sessionName(template, { ...values, pod });
        expect({ found, patterns, matches: patterns.some((pattern) => globMatches(pattern, found)) }).toMatchObject({
          matches: true,
        });
      },
    ),
    { numRuns: runs(2000) },
  );
});
