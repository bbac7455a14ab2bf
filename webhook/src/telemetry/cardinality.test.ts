/** What strangers write makes no series of its own: each label's value is one of the table (shared/src/metrics.ts). */
import { METRIC_LABELS, WEBHOOK_METRICS, type MetricLabel } from '@rolechain/shared';
import { account, plainPod } from '../testing/fixtures.ts';
import { admitInProcess } from '../testing/in-process.ts';
import { review } from '../testing/server.ts';
import { makeMetrics } from './metrics.ts';

const TIMES = 50;

test('names, accounts, roles and reviews of strangers', async () => {
  const metrics = makeMetrics();
  const read = (_namespace: string, name: string) =>
    name.startsWith('lost')
      ? Promise.reject(Object.assign(new Error(name), { code: name }))
      : Promise.resolve(account(name.startsWith('wrong') ? `{${name}: x}` : `arn:aws:iam::222222222222:role/${name}`));
  const server = await admitInProcess({ metrics, lookup: metrics.countLookups('serviceaccounts', read) });
  const statuses = new Set<number>();
  for (let i = 0; i < TIMES; i++) {
    const bodies = ['orders', 'wrong', 'lost'].flatMap((name) => {
      const serviceAccountName = `${name}-${i}`;
      const pod = plainPod({ serviceAccountName, hostNetwork: i % 2 === 0 }, { [`rolechain.io/x-${i}`]: `${i}` });
      return [review(pod, { namespace: `shop-${i}`, uid: `u-${i}`, operation: i % 3 === 0 ? `O-${i}` : 'CREATE' })];
    });
    for (const body of [...bodies, review(plainPod(), { namespace: `"} ${i}\n` }), `{"kind": "K-${i}"}`, `x-${i}`]) {
      statuses.add((await server.mutate(body)).status);
      statuses.add((await server.validate(body)).status);
    }
  }
  await server.close();
  expect([...statuses].toSorted()).toEqual([200, 400, 500]);
  const found = await metrics.registry.getMetricsAsJSON();
  const samples = found.flatMap(({ name, values }) => values.map(({ labels }) => ({ name, labels })));
  expect(samples.length).toBeGreaterThan(20);
  const rows = Object.values(WEBHOOK_METRICS).map(({ name, labels }) => [name, labels] as const);
  const labelsOf = new Map<string, readonly MetricLabel[]>(rows);
  for (const { name, labels } of samples) {
    const own = Object.entries(labels).filter(([label]) => label !== 'le');
    expect([name, own.map(([label]) => label).toSorted()]).toEqual([name, labelsOf.get(name)?.toSorted()]);
    for (const [label, value] of own)
      expect([name, METRIC_LABELS[label as MetricLabel].values]).toEqual([name, expect.arrayContaining([value])]);
  }
});
