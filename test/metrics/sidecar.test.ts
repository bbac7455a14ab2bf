/** What a scrape of the sidecar has stands in the table of metrics, and all of the table is in the scrape. */
import { PATHS } from '@rolechain/shared';
import { trustRole } from '@rolechain/doubles/fixtures.ts';
import { AUDIT, BASE, firstAnswer, hop, OUTAGE, useBench } from '../sidecar/bench.ts';
import { eventually } from '@rolechain/kit/until.ts';
import { expectTable } from './scrape.ts';

const bench = useBench();

test('a sidecar that has served, was refused and bridges an outage exposes the table', async () => {
  // Refreshed soon, while the base identity is kept: the agent's failure is bridged.
  bench.sts.setSessionSeconds(6);
  bench.sts.setTrust(AUDIT, trustRole(BASE, { externalId: 'another' }));
  const sidecar = await bench.start({ roles: { default: {}, audit: { hops: [hop(AUDIT)] } } });
  await firstAnswer(sidecar);
  bench.agent.failWhen(() => OUTAGE);
  const text = await eventually('each metric has a value', async () => {
    const { body } = await sidecar.health(PATHS.metrics);
    return /^rolechain_bridged_failures_total\{/m.test(body) && /^rolechain_role_error\{/m.test(body) && body;
  });
  expectTable('sidecar', text);
});
