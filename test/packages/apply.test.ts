/** Every form of the installation on a real apiserver: applied on the server's side, twice, and taken away again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';
import { parseManifests, podOf, type KubeObject } from '@rolechain/kit/manifests.ts';
import { addCertManager } from '../cert-manager/crds.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { openApi, type Answer, type Api } from '../guard/api.ts';
import { describeWithHelm } from '../helm/helm.ts';
import { ROOT } from '../fixture/install.ts';
import { bundlesOf, configurationsOf, makePublisher } from './bundles.ts';
import { problemsOfLabels } from './labels.ts';
import { RENDERINGS } from './renderings.ts';
import { discover, type Resources } from './resources.ts';
import { addVerticalPodAutoscaler } from './vertical-pod-autoscaler.ts';

const [NAMESPACE] = parseManifests(readFileSync(join(ROOT, 'manifests/base/namespace.yaml'), 'utf8'));

interface Stored {
  readonly metadata: { readonly resourceVersion: string; readonly labels: Readonly<Record<string, string>> };
}

describeWithHelm('each rendering', (helm) => {
  describeWithBinaries('by kubectl and helm', ({ kubectl }) => {
    describeWithCluster('on a real apiserver', (cluster) => {
      let api: Api;
      let resources: Resources;
      let before: ReadonlySet<string>;
      beforeAll(async () => {
        api = await openApi(cluster().kubeConfig);
        await addVerticalPodAutoscaler(api);
        await addCertManager(api);
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
        const objects = withNamespace(render({ kubectl, helm }));
        const namespace = objects.find(({ kind }) => kind === 'Namespace')?.metadata.name ?? '';
        expect(objects.flatMap(problemsOfLabels)).toEqual([]);

        const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'default' } };
        const [pods, others] = [objects.filter(isPod), objects.filter((object) => !isPod(object))];
        await each(others, apply);
        await apply(account);
        await each(pods, apply);

        // As the webhook does: it is nobody's to take back.
        const { publish, bundle } = await makePublisher(cluster().kubeConfig);
        await publish();
        const versions = await each(objects, (object) => read(object));
        const again = await each(objects, apply);
        expect(again.map(version)).toEqual(versions.map(version));
        const published = await each(configurationsOf(others), (object) => api.get(resources.pathOf(object)));
        expect(new Set(published.flatMap(bundlesOf))).toEqual(new Set([bundle]));

        // Enforced for pods, which a Deployment's own acceptance doesn't show.
        const templates = others.flatMap((object) => podOf(object, namespace) ?? []);
        const made = await each(templates, dryRun);
        expect(made.map(({ status, headers, body }) => [status, headers.warning, status === 201 ? '' : body])).toEqual([
          [201, undefined, ''],
        ]);
        const lax = await each(templates.map(withoutSecurity), dryRun);
        expect(lax.map(({ status, body }) => [status, body])).toEqual([
          [403, expect.stringContaining('violates PodSecurity \\"restricted:latest\\"')],
        ]);

        const gone = await each([...objects.toReversed(), account], (object) => api.remove(resources.pathOf(object)));
        expect(gone.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
        await finalize(namespace);
        expect([...(await resources.all())].filter((name) => !before.has(name))).toEqual([]);
      });

      test('another version is applied over it and back: no label of a version is in a selector', async () => {
        const objects = withNamespace(render('base'));
        const next = JSON.parse(JSON.stringify(objects).replaceAll(VERSION, '0.99.0')) as KubeObject[];
        const labels = async (): Promise<Set<string | undefined>> =>
          new Set((await each(objects, read)).map(({ metadata }) => metadata.labels['app.kubernetes.io/version']));
        for (const [rendered, expected] of [
          [objects, VERSION],
          [next, '0.99.0'],
          [objects, VERSION],
        ] as const) {
          await each(rendered, apply);
          expect(await labels()).toEqual(new Set([expected]));
        }
        await each(objects.toReversed(), (object) => api.remove(resources.pathOf(object)));
        await finalize('rolechain');
      });

      const render = (name: string): KubeObject[] => RENDERINGS[name]?.({ kubectl, helm }) ?? [];
      const isPod = ({ kind }: KubeObject): boolean => kind === 'Pod';
      const version = ({ metadata }: Stored): string => metadata.resourceVersion;
      const read = async (object: KubeObject): Promise<Stored> =>
        JSON.parse((await api.get(resources.pathOf(object))).body) as Stored;
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

/** Where Helm makes it, it is there before. */
function withNamespace(rendered: readonly KubeObject[]): readonly KubeObject[] {
  const isThere = rendered.some(({ kind }) => kind === 'Namespace');
  return isThere || NAMESPACE === undefined ? rendered : [NAMESPACE, ...rendered];
}

/** Its containers as people write them first. */
function withoutSecurity(pod: KubeObject): KubeObject {
  const {
    securityContext: _securityContext,
    containers,
    ...spec
  } = pod.spec as {
    readonly securityContext?: object;
    readonly containers: readonly { readonly securityContext?: object }[];
  };
  const lax = containers.map(({ securityContext: _, ...container }) => container);
  return { ...pod, spec: { ...spec, containers: lax } };
}
