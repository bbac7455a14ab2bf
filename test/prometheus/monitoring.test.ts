/**
 * The component prometheus on the real apiserver, by the operator's own CRDs. And the dashboard: a real Prometheus scrapes a real
 * webhook and a real sidecar by the targets of the monitors, and each panel's query has data.
 */
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@rolechain/kit/free-port.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { spawnTied, type TiedProcess } from '@rolechain/kit/tied-process.ts';
import { describeWhen } from '@rolechain/kit/when.ts';
import { stringify } from 'yaml';
import { addKinds } from '../cluster/custom-resources.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { describeWithHelm } from '../helm/helm.ts';
import { MONITOR } from '../operations/headings.ts';
import { openShell } from '../operations/shell.ts';
import { commandsOf } from '../fixture/page.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { openApi } from '../guard/api.ts';
import { account, install, namespace, type Installed } from '../guard/installed.ts';
import { container, pod } from '../guard/pods.ts';
import { trustRole } from '@rolechain/doubles/fixtures.ts';
import { AUDIT, BASE, firstAnswer, hop, useBench } from '../sidecar/bench.ts';
import { ROWS } from '../../scripts/generate/dashboard.ts';
import { drawDashboard, type QueryRange } from './draw.ts';
import { locateCRDs, locatePrometheus, readCRDs, ruleGroups } from './prometheus.ts';

/** A filter finds nothing in an empty cluster, which is no failure. */
const RUNBOOKS = commandsOf('docs/runbooks.md')
  .flatMap(({ lines }) => lines)
  .map((line) => line.replace(/ \| (grep .*)$/, ' | { $1 || [ $? = 1 ]; }'));

/** What the runbooks restart. */
const ORDERS: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'orders', namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: 'orders' } },
    template: { metadata: { labels: { app: 'orders' } }, spec: { containers: [container('app')] } },
  },
};

describeWithBinaries('by kubectl', ({ kubectl }) => {
  describeWhen(
    "the operator's CRDs",
    locateCRDs(),
    (crds) => {
      describeWithCluster('on the real apiserver', (cluster) => {
        test('take each object, with no field that they do not know', async () => {
          const { kubeConfig } = cluster();
          await applyAll(kubeConfig, [namespace('rolechain')]);
          const api = await openApi(kubeConfig);
          // The client would leave out what it does not know of a schema.
          await addKinds(api, readCRDs(crds));
          const folder = mkdtempSync(join(ROOT, 'manifests', 'tmp-'));
          writeFileSync(join(folder, 'kustomization.yaml'), stringify({ components: ['../components/prometheus'] }));
          const objects = kustomize(kubectl, folder);
          rmSync(folder, { recursive: true });
          expect(objects.map(({ kind }) => kind).toSorted()).toEqual([
            ...['ConfigMap', 'PodMonitor', 'PrometheusRule', 'Service', 'ServiceMonitor'],
          ]);
          const paths: Readonly<Record<string, string>> = { ConfigMap: '/api/v1', Service: '/api/v1' };
          for (const object of objects) {
            const group = paths[object.kind] ?? '/apis/monitoring.coreos.com/v1';
            const path = `${group}/namespaces/rolechain/${object.kind.toLowerCase()}s`;
            // A dry run: the release below makes its own.
            const { status, body } = await api.post(`${path}?fieldValidation=Strict&dryRun=All`, object);
            expect([status, body]).toEqual([201, expect.any(String)]);
          }
          api.close();
        });

        describeWithHelm('by the commands', (helm) => {
          test('of docs/operations.md and docs/runbooks.md they are installed, and looked at', async () => {
            const [upgrade = '', get = '', ...others] = commandsOf('docs/operations.md').flatMap(
              ({ heading, lines }) => (MONITOR.includes(heading) ? lines : []),
            );
            expect(others).toEqual([]);
            const shell = openShell({ kubectl: kubectl ?? '', helm }, cluster().kubeconfigPath);
            try {
              await shell.type('helm install rolechain charts/rolechain --namespace rolechain');
              await shell.type(upgrade);
              const found = await shell.type(get);
              expect(found.match(/^\w+\.monitoring\.coreos\.com\/\S+/gm)?.toSorted()).toEqual([
                ...['podmonitor', 'prometheusrule', 'servicemonitor'].map(
                  (kind) =>
                    `${kind}.monitoring.coreos.com/rolechain${{ podmonitor: '-sidecars', servicemonitor: '-webhook' }[kind] ?? ''}`,
                ),
              ]);
              await applyAll(cluster().kubeConfig, [namespace('shop'), ORDERS]);
              expect(RUNBOOKS.length).toBeGreaterThan(15);
              for (const command of RUNBOOKS) await shell.type(command);
            } finally {
              shell.close();
            }
          });
        });
      });
    },
    '',
  );
});

/** One that is scraped, with the labels that the operator's discovery gives it. */
const target = (job: string, address: string, labels: Readonly<Record<string, string>>): object => ({
  job_name: job,
  static_configs: [{ targets: [address], labels }],
});

/** A review that ends in an error. */
async function sendMalformed(port: number): Promise<void> {
  const sent = request(`https://127.0.0.1:${port}/mutate`, { method: 'POST', rejectUnauthorized: false });
  sent.end('{}');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

describeWhen(
  'Prometheus',
  locatePrometheus(),
  () => {
    const bench = useBench();
    describeWithCluster('beside a real apiserver', (cluster) => {
      let installed: Installed;
      let prometheus: TiedProcess | undefined;
      let folder: string;
      let port: number;
      beforeAll(async () => {
        installed = await install(cluster());
        await applyAll(cluster().kubeConfig, [
          account('shop', 'wrong', '{roleARN: "arn:aws:iam::222222222222:role/orders", duration: 15m}'),
        ]);
      });
      afterAll(async () => {
        await prometheus?.kill();
        await installed.stop();
        rmSync(folder, { recursive: true });
      });

      const query = async (expr: string): Promise<Sample[]> => {
        const form = new URLSearchParams({ query: expr.replaceAll('$__rate_interval', '10m') });
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query`, { method: 'POST', body: form });
        const { status, error, data } = (await answer.json()) as {
          status: string;
          error?: string;
          data: { result: Sample[] };
        };
        if (status !== 'success') throw new Error(`${expr}: ${error}`);
        return data.result;
      };

      test('each query of the dashboard has data, and no rule fails', async () => {
        // One role has an error, so that there is something to see.
        bench.sts.setTrust(AUDIT, trustRole(BASE, { externalId: 'another' }));
        const sidecar = await bench.start({ roles: { default: {}, audit: { hops: [hop(AUDIT)] } } });
        await firstAnswer(sidecar);
        const { api } = installed;
        const pods = '/api/v1/namespaces/shop/pods';
        const ask = async (): Promise<void> => {
          await api.post(pods, pod('shop', 'orders'));
          await api.post(pods, pod('shop', 'plain'));
          await api.post(pods, pod('shop', 'orders', { spec: { hostNetwork: true } }));
          // A new account is not in the cache yet: it is asked for live.
          const name = `live-${Math.random().toString(36).slice(2)}`;
          await api.post('/api/v1/namespaces/shop/serviceaccounts', account('shop', name));
          await api.post(pods, pod('shop', name));
        };
        await sendMalformed(installed.port);
        folder = mkdtempSync(join(tmpdir(), 'rolechain-prometheus-'));
        port = await freePort();
        writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: ruleGroups() }));
        writeFileSync(
          join(folder, 'prometheus.yaml'),
          stringify({
            global: { scrape_interval: '1s', evaluation_interval: '1s' },
            rule_files: ['rules.yaml'],
            scrape_configs: [
              target('webhook', new URL(installed.webhook().healthURL).host, { pod: 'webhook' }),
              target('sidecar', `127.0.0.1:${sidecar.ports.health}`, { namespace: 'shop', pod: 'orders' }),
            ],
          }),
        );
        prometheus = spawnTied(
          'prometheus',
          [
            `--config.file=${join(folder, 'prometheus.yaml')}`,
            `--storage.tsdb.path=${join(folder, 'data')}`,
            `--web.listen-address=127.0.0.1:${port}`,
            '--log.level=error',
          ],
          { env: {}, output: openSync(join(folder, 'log'), 'a'), removeAfter: folder },
        );
        const all = ROWS.flatMap(({ panels }) =>
          panels.flatMap(({ title, queries }) => queries.map(({ expr }) => ({ title, expr }))),
        );
        const empty = new Map(all.map(({ title, expr }) => [expr, title]));
        await until('each query has data', PATIENCE_MS, async () => {
          await ask();
          await sendMalformed(installed.port);
          for (const expr of [...empty.keys()]) if ((await query(expr)).length > 0) empty.delete(expr);
          return empty.size === 0;
        }).catch((error: unknown) => {
          throw new Error(`no data: ${JSON.stringify([...empty])}`, { cause: error });
        });
        const rules = (await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json()) as {
          data: { groups: { rules: { name: string; health: string; state?: string }[] }[] };
        };
        await until(
          'each rule was evaluated',
          PATIENCE_MS,
          async () => (await query('rolechain:refused_pods:increase15m')).length > 0,
        );
        expect(rules.data.groups.flatMap((group) => group.rules).filter(({ health }) => health === 'err')).toEqual([]);
        const drawing = process.env.ROLECHAIN_DRAW_DASHBOARD;
        if (drawing === undefined) return;
        const queryRange: QueryRange = async (expr) => {
          const end = Date.now() / 1000;
          const form = new URLSearchParams({
            query: expr.replaceAll('$__rate_interval', '20s'),
            start: `${end - 60}`,
            end: `${end}`,
            step: '1',
          });
          const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query_range`, { method: 'POST', body: form });
          return ((await answer.json()) as { data: { result: Awaited<ReturnType<QueryRange>> } }).data.result;
        };
        for (let i = 0; i < 40; i++) await ask();
        writeFileSync(drawing, await drawDashboard(queryRange));
      });
    });
  },
  'there',
);
