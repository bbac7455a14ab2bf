/** What STS, the base identity's issuers and clients send makes no series of its own: codes and statuses are those of the tables. */
import fc from 'fast-check';
import { CodedError, METRIC_LABELS } from '@rolechain/shared';
import { stsError, type StsCall } from '../sts/errors.ts';
import { makeMetrics } from './metrics.ts';

const CALL: StsCall = {
  ...{ action: 'AssumeRole', roleARN: 'arn:aws:iam::222222222222:role/orders', region: 'eu-central-1', secrets: [] },
};

test('codes that STS never had, and errors of any form', async () => {
  const codes = new Set<string>();
  const metrics = makeMetrics(
    () => 0,
    () => [...codes].map((code) => ({ role: 'default', ready: false, code })),
  );
  const text = fc.string();
  const thrown = fc.oneof(
    fc.record({ name: text, Code: text, message: text, $metadata: fc.record({ httpStatusCode: fc.integer() }) }),
    fc.record({ code: text }),
    fc.anything(),
  );
  fc.assert(
    fc.property(thrown, (error) => {
      const coded = stsError(error, CALL);
      codes.add(coded.code);
      metrics.bridged(coded.code);
      metrics.fetched({ role: 'default', error: coded, failures: 1, nextAt: 0 });
    }),
    { numRuns: 2000 },
  );
  metrics.fetched({ role: 'default', error: new CodedError('InternalError'), failures: 1, nextAt: 0 });
  const scraped = await metrics.text();
  const values = (label: string): string[] => [
    ...new Set([...scraped.matchAll(new RegExp(`\\b${label}="([^"]*)"`, 'g'))].map(([, value = '']) => value)),
  ];
  expect(values('code').length).toBeGreaterThan(1);
  for (const label of ['code', 'result'] as const)
    expect(METRIC_LABELS[label].values).toEqual(expect.arrayContaining(values(label)));
});
