/**
 * The webhook's rights are the least. Each is used, by what it does with it (uses-of-rights.ts), and without it that fails:
 * each time the webhook runs as a ServiceAccount that lacks one. None is missing, by the apiserver's own audit log.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENV, FOREIGN_KEYS } from '@rolechain/shared';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { REGION } from '../fixture/aws.ts';
import { applyAll, installManifests, leadServiceTo } from '../fixture/install.ts';
import { openApi, type Api } from '../guard/api.ts';
import { launch, type Launched } from './launch.ts';
import { accountWithout, namedRightsOf, rightsOf } from './rights.ts';
import { USES } from './uses-of-rights.ts';

interface AuditEvent {
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

const NODE = 'node-1';
const RIGHTS = Object.entries(USES).map(([right, use]) => ({ right, ...use }));
const FLAGS = [
  `--audit-policy-file=${join(import.meta.dirname, 'audit-policy.yaml')}`,
  // Into the log of kube-apiserver, before a request is answered.
  '--audit-log-path=-',
  '--audit-log-mode=blocking',
  // As on 1.33: the right to list is used where the apiserver doesn't list by watch.
  '--feature-gates=WatchList=false',
];

describeWithCluster(
  "the webhook's rights",
  (cluster) => {
    let api: Api;
    let manifests: readonly KubeObject[];

    beforeAll(async () => {
      manifests = await installManifests();
      const labels = { [FOREIGN_KEYS.nodeRegionLabel]: REGION };
      const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE, labels } };
      await applyAll(cluster().kubeConfig, [...manifests, node]);
      // Nobody listens there: what the test writes is not looked at.
      await leadServiceTo(cluster().kubeConfig, await freePort());
      api = await openApi(cluster().kubeConfig);
    });
    afterAll(() => api.close());

    const start = async (serviceAccount: string): Promise<Launched> => {
      const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount });
      return launch({ kubeconfig, settings: { region: undefined, mode: 'audit' }, env: { [ENV.nodeName]: NODE } });
    };

    test('are all in the table of uses', () => {
      expect(Object.keys(USES).sort()).toEqual(rightsOf(manifests).sort());
    });

    describe('with all of them', () => {
      let webhook: Launched;
      const name = 'with-all';
      beforeAll(async () => {
        for (const before of new Set(RIGHTS.map((use) => use.before))) await before?.({ api, name });
        webhook = await start('rolechain-webhook');
      });
      afterAll(() => webhook.stop());

      test.each([...new Map(RIGHTS.map((use) => [use.works, use])).values()])('$text', async ({ works }) => {
        expect(await works({ api, name, webhook })).toBe(true);
      });

      test('and so each is used, of each object that it names, and none is missing', async () => {
        const log = await readFile(join(cluster().folder, 'kube-apiserver.log'), 'utf8');
        const events = log
          .split('\n')
          .filter((line) => line.startsWith('{"kind":"Event"') && line.endsWith('}'))
          .map((line) => JSON.parse(line) as AuditEvent);
        const used = new Set(
          events.flatMap(({ verb, objectRef: { resource = '', name = '' } = {} }) => [
            `${verb} ${resource}`,
            `${verb} ${resource}/${name}`,
          ]),
        );
        const granted = namedRightsOf(manifests);
        expect(granted.length).toBeGreaterThan(20);
        expect(granted.filter((right) => !used.has(right))).toEqual([]);
        expect(events.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([]);
        expect(webhook.log()).not.toMatch(/HTTP 403|TypeError/);
      });
    });

    describe('without one of them', () => {
      test.each(RIGHTS)('without $right it fails: $text', async ({ right, before, works }) => {
        const name = `without-${right.replace(' ', '-')}`;
        await applyAll(cluster().kubeConfig, accountWithout(manifests, right, name));
        await before?.({ api, name });
        const webhook = await start(name);
        try {
          expect(await works({ api, name, webhook })).toBe(false);
        } finally {
          await webhook.stop();
        }
      });
    });
  },
  { apiserverArgs: FLAGS },
);
