/**
 * What stands between a start and readiness, on the real apiservers: the list of accounts, by a watch where the apiserver does
 * that and in pages where it doesn't (1.33), and reviews of the webhook's own, of which nothing is told.
 */
import { CoreV1Api, VersionApi } from '@kubernetes/client-node';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { ANNOTATIONS, PATHS } from '@rolechain/shared';
import { accountSource } from '../../webhook/src/cluster/service-accounts.ts';
import { PAGE } from '../../webhook/src/cluster/list-pages.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll, installManifests } from '../fixture/install.ts';
import { launch } from './launch.ts';

const KEY = ANNOTATIONS.assumeRole.key;
const namespace = 'default';
/** Of more than one page. */
const COUNT = PAGE + 50;

describeWithCluster('a warm start', (cluster) => {
  const api = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);
  const create = (name: string): Promise<unknown> =>
    api().createNamespacedServiceAccount({ namespace, body: { metadata: { name, annotations: { [KEY]: name } } } });
  const names = Array.from({ length: COUNT }, (_, index) => `a${index}`);
  beforeAll(async () => {
    const left = [...names];
    const work = async (): Promise<void> => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) await create(name);
    };
    await Promise.all(Array.from({ length: 8 }, work));
  });

  test('the list has each account, and the watch goes on from it', async () => {
    const { minor } = await cluster().kubeConfig.makeApiClient(VersionApi).getCode();
    const source = accountSource(cluster().kubeConfig);
    const end = new AbortController();
    const { by, items, leftOut, resourceVersion } = await source.list(end.signal);
    expect([by, leftOut]).toEqual([minor === '33' ? 'pages' : 'stream', 0]);
    const found = items.filter(({ key }) => key.startsWith(`${namespace}/a`));
    const byKey = new Map(found.map(({ key, annotations }) => [key, annotations[KEY]]));
    expect(found).toHaveLength(COUNT);
    expect(byKey).toEqual(new Map(names.map((name) => [`${namespace}/${name}`, name])));
    const created = create('later');
    const events: unknown[] = [];
    await source.watch(
      resourceVersion,
      (event) => {
        if (event.type === 'BOOKMARK') return;
        events.push(event);
        end.abort();
      },
      end.signal,
    );
    await created;
    expect(events).toMatchObject([
      { type: 'ADDED', object: { key: `${namespace}/later`, annotations: { [KEY]: 'later' } } },
    ]);
  });

  test('it says that it warms up, and of its own reviews nothing is counted or logged', async () => {
    await applyAll(cluster().kubeConfig, await installManifests());
    const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
    const { readiness, healthPort, log, stop } = await launch({ kubeconfig, settings: { logLevel: 'debug' } });
    try {
      const said: string[] = [];
      await until('it is ready', PATIENCE_MS, async () => said.push(await readiness()) > 0 && said.at(-1) === '200');
      expect(said.some((one) => one.includes('WarmingUp'))).toBe(true);
      const metrics = await (await fetch(`http://127.0.0.1:${healthPort}${PATHS.metrics}`)).text();
      expect(metrics).toMatch(/^rolechain_admission_duration_seconds_count 0$/m);
      expect(
        metrics.match(/^rolechain_(?:admissions|audited_admissions|admission_errors)_total\S* [1-9]\d*$/gm),
      ).toBeNull();
      expect(log()).toContain('"listening"');
      expect(log()).not.toMatch(/warm-up|pod"/);
    } finally {
      await stop();
    }
  });
});
