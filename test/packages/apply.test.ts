/** Every form of the installation on a real apiserver: applied on the server's side, twice, and taken away again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority } from '@rolechain/certs';
import { parseManifests, podOf, type KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { openApi, type Answer, type Api } from '../guard/api.ts';
import { describeWithHelm } from '../helm/helm.ts';
import { ROOT } from '../fixture/install.ts';
import { RENDERINGS } from './renderings.ts';
import { discover, type Resources } from './resources.ts';

const [NAMESPACE] = parseManifests(readFileSync(join(ROOT, 'manifests/base/namespace.yaml'), 'utf8'));

interface Stored {
  readonly metadata: { readonly resourceVersion: string };
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

describeWithHelm('each rendering', ({ helm }) => {
  describeWithBinaries('by kubectl and helm', ({ kubectl }) => {
    describeWithCluster('on a real apiserver', (cluster) => {
      let api: Api;
      let resources: Resources;
      let before: ReadonlySet<string>;
      let caBundle: string;
      beforeAll(async () => {
        const { certificate } = await makeAuthority({ now: new Date(), commonName: 'test CA' });
        caBundle = Buffer.from(certificate).toString('base64');
        api = await openApi(cluster().kubeConfig);
        resources = await discover(api);
        before = await resources.all();
      });
      afterAll(() => api.close());

      const apply = async (object: KubeObject): Promise<Stored> => {
        const { status, body, headers } = await api.apply(resources.pathOf(object), object);
        expect([object.kind, status, headers.warning, status < 300 ? '' : body]).toEqual([
          object.kind,
          status,
          undefined,
          '',
        ]);
        return JSON.parse(body) as Stored;
      };
      /** One after the other, as kubectl does. */
      const each = async <T>(objects: readonly KubeObject[], act: (object: KubeObject) => Promise<T>): Promise<T[]> => {
        const results: T[] = [];
        for (const object of objects) results.push(await act(object));
        return results;
      };

      test.each(Object.entries(RENDERINGS))('%s', async (_name, render) => {
        const rendered = render({ kubectl, helm });
        // Where Helm makes it, it is there before.
        const isThere = rendered.some(({ kind }) => kind === 'Namespace');
        const objects = isThere || NAMESPACE === undefined ? rendered : [NAMESPACE, ...rendered];
        const namespace = objects.find(({ kind }) => kind === 'Namespace')?.metadata.name ?? '';

        for (const object of objects) expect([object.kind, labelsMissing(object)]).toEqual([object.kind, []]);
        const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'default' } };
        const [pods, others] = [objects.filter(isPod), objects.filter((object) => !isPod(object))];
        await each(others, apply);
        await apply(account);
        await each(pods, apply);

        // As the webhook does: it is nobody's to take back.
        const configurations = others.filter(({ kind }) => kind.endsWith('WebhookConfiguration'));
        const published = await each(configurations, (object) => publish(object));
        expect(published.map(({ status }) => status)).toEqual([200, 200]);
        const versions = await each(objects, (object) => read(object));
        const again = await each(objects, apply);
        expect(again.map(version)).toEqual(versions.map(version));
        for (const { webhooks } of await each(configurations, (object) => read(object)))
          expect(webhooks?.every(({ clientConfig }) => clientConfig.caBundle === caBundle)).toBe(true);

        // Enforced for pods, which a Deployment's own acceptance doesn't show.
        const made = await each(
          others.flatMap((object) => podOf(object, namespace) ?? []),
          dryRun,
        );
        expect(made.map(({ status, headers, body }) => [status, headers.warning, status === 201 ? '' : body])).toEqual([
          [201, undefined, ''],
        ]);

        const gone = await each([...objects.toReversed(), account], (object) => api.remove(resources.pathOf(object)));
        expect(gone.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
        await finalize(namespace);
        expect([...(await resources.all())].filter((name) => !before.has(name))).toEqual([]);
      });

      const isPod = ({ kind }: KubeObject): boolean => kind === 'Pod';
      const version = ({ metadata }: Stored): string => metadata.resourceVersion;
      const read = async (object: KubeObject): Promise<Stored> =>
        JSON.parse((await api.get(resources.pathOf(object))).body) as Stored;
      const publish = async (object: KubeObject): Promise<Answer> => {
        const { webhooks = [] } = await read(object);
        const filled = webhooks.map((one) => ({ ...one, clientConfig: { ...one.clientConfig, caBundle } }));
        return api.patch(resources.pathOf(object), { webhooks: filled });
      };
      const dryRun = (pod: KubeObject): Promise<Answer> => {
        const { namespace } = pod.metadata;
        return api.post(`/api/v1/namespaces/${namespace}/pods?dryRun=All`, pod);
      };
      /** As the namespace's controller does once nothing is left in it: there is none here. */
      const finalize = async (name: string): Promise<void> => {
        const path = `/api/v1/namespaces/${name}`;
        const left = JSON.parse((await api.get(path)).body) as { spec: object; status: { phase: string } };
        expect(left.status.phase).toBe('Terminating');
        const { status } = await api.put(`${path}/finalize`, { ...left, spec: { finalizers: [] } });
        expect(status).toBe(200);
      };
    });
  });
});

const COMPONENTS = ['webhook', 'guard', 'test'];

/** Of the recommended ones (kubernetes.io, "Recommended Labels"), those that stay the same through an upgrade. */
function labelsMissing({ kind, metadata }: KubeObject): string[] {
  const labels = (metadata.labels ?? {}) as Readonly<Record<string, string>>;
  const component = labels['app.kubernetes.io/component'] ?? '';
  return [
    ...(['name', 'part-of'] as const).filter((key) => labels[`app.kubernetes.io/${key}`] !== 'rolechain'),
    ...(kind === 'Namespace' || COMPONENTS.includes(component) ? [] : ['component']),
  ];
}
