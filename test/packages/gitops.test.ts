/**
 * The webhook writes `caBundle` into configurations that others apply, again and again: neither sees the other's writing as a change
 * to take back. Argo CD and Flux apply as kubectl does, under names of their own, and compare by a dry run; helm has its own way.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FIELD_MANAGER } from '@rolechain/certs';
import { WEBHOOK_CONFIGURATION_KINDS } from '@rolechain/shared';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { openApi, type Api } from '../guard/api.ts';
import { CHART, describeWithHelm } from '../helm/helm.ts';
import { ROOT } from '../fixture/install.ts';
import { CONFIGURATION, bundlesOf, makePublisher } from './bundles.ts';
import { blocksOf } from '../fixture/page.ts';

/** Managers that each tool writes under, and how it applies. */
const APPLIERS: Readonly<Record<string, readonly string[]>> = {
  'kubectl apply': [],
  'kubectl apply --server-side': ['--server-side'],
  // Both take fields that others changed back: gitops-engine, pkg/utils/kube; fluxcd/pkg, ssa/manager_apply.go.
  'Argo CD, client side': ['--field-manager=argocd-controller'],
  'Argo CD with ServerSideApply=true': ['--server-side', '--force-conflicts', '--field-manager=argocd-controller'],
  Flux: ['--server-side', '--force-conflicts', '--field-manager=kustomize-controller'],
};

interface Application extends KubeObject {
  readonly spec: {
    readonly source: { readonly path: string; readonly helm: { readonly valuesObject: object } };
    readonly destination: { readonly namespace: string };
  };
}
interface FluxKustomization extends KubeObject {
  readonly spec: { readonly path: string };
}

describeWithHelm('what is applied again', (helm4, helm3) => {
  describeWithBinaries('by kubectl', ({ kubectl }) => {
    describeWithCluster('on a real apiserver', (cluster) => {
      let api: Api;
      let home: string;
      beforeAll(async () => {
        api = await openApi(cluster().kubeConfig);
        home = mkdtempSync(join(tmpdir(), 'rolechain-gitops-'));
      });
      afterAll(() => {
        api.close();
        rmSync(home, { recursive: true });
      });

      const run = async (program: string, args: readonly string[], input?: string): Promise<string> => {
        const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: cluster().kubeconfigPath };
        const running = promisify(execFile)(program, args, { cwd: ROOT, env });
        running.child.stdin?.end(input);
        return (await running).stdout;
      };
      const k = (...args: string[]): Promise<string> => run(kubectl ?? '', args);
      const stored = (): Promise<{ body: string }[]> =>
        Promise.all(
          WEBHOOK_CONFIGURATION_KINDS.map((kind) =>
            api.get(`/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s/${CONFIGURATION}`),
          ),
        );
      const bundles = async (): Promise<Set<string | undefined>> => new Set((await stored()).flatMap(bundlesOf));
      /** Publishes as the webhook does, and returns what it published. */
      const publish = async (): Promise<string> => {
        const { publish: write, bundle } = await makePublisher(cluster().kubeConfig);
        await write();
        expect(await bundles()).toEqual(new Set([bundle]));
        return bundle;
      };
      const remove = async (): Promise<void> => {
        await k('delete', '--wait=false', '--ignore-not-found', '-f', 'manifests/install.yaml');
        const { body } = await api.get('/api/v1/namespaces/rolechain');
        await api.put('/api/v1/namespaces/rolechain/finalize', { ...JSON.parse(body), spec: { finalizers: [] } });
      };

      test.each(Object.entries(APPLIERS))('%s sees no difference, and takes nothing away', async (_name, flags) => {
        const apply = ['apply', ...flags, '-f', 'manifests/install.yaml'];
        await k(...apply);
        try {
          const bundle = await publish();
          expect(await k('diff', ...flags, '-f', 'manifests/install.yaml')).toBe('');
          await k(...apply);
          expect(await bundles()).toEqual(new Set([bundle]));
          // Nobody but the webhook owns it, so that nobody's next apply removes it.
          const owners = (await stored()).map(({ body }) => ownersOf(body, 'f:caBundle'));
          expect(owners).toEqual(WEBHOOK_CONFIGURATION_KINDS.map(() => [FIELD_MANAGER]));
        } finally {
          await remove();
        }
      });

      test('Flux takes fields of kubectl back; the name that the webhook writes under is not one of those', () => {
        // fluxcd/kustomize-controller, internal/controller/kustomization_controller.go: the managers that it strips.
        expect(FIELD_MANAGER).not.toMatch(/^(?:kubectl|before-first-apply)/);
      });

      test('a replace does take it away: docs/install.md says who shall not', async () => {
        await k('apply', '--server-side', '-f', 'manifests/install.yaml');
        try {
          await publish();
          await k('replace', '-f', 'manifests/base/webhook.yaml', '-f', 'manifests/base/validating-webhook.yaml');
          expect(await bundles()).toEqual(new Set([undefined]));
        } finally {
          await remove();
        }
      });

      test.each(Object.entries({ helm4, helm3 }))(
        'an upgrade and a rollback by %s keep it, and all is labelled',
        async (_name, program) => {
          const helm = (...args: string[]): Promise<string> => run(program, args);
          const inOurs = ['--namespace', 'rolechain'];
          await k('apply', '--server-side', '-f', 'manifests/base/namespace.yaml');
          try {
            await helm('install', 'rolechain', CHART, ...inOurs);
            const bundle = await publish();
            await helm('upgrade', 'rolechain', CHART, ...inOurs, '--set', 'settings.mode=audit');
            expect(await bundles()).toEqual(new Set([bundle]));
            await helm('rollback', 'rolechain', '1', ...inOurs);
            expect(await bundles()).toEqual(new Set([bundle]));
            const manifest = parseManifests(await helm('get', 'manifest', 'rolechain', ...inOurs));
            const kinds = [...new Set(manifest.map(({ kind }) => kind))].join(',');
            const labelled = await k('get', kinds, '-A', '-l', 'app.kubernetes.io/managed-by=Helm', '-o', 'name');
            expect(labelled.trim().split('\n')).toHaveLength(manifest.length);
            await helm('uninstall', 'rolechain', ...inOurs);
          } finally {
            await remove();
          }
        },
      );

      test("the page's Application and Kustomization lead to what can be rendered and applied", async () => {
        const objects = blocksOf('docs/install.md', 'GitOps', 'yaml').flatMap(parseManifests);
        const application = objects.find((object): object is Application => object.kind === 'Application');
        const kustomization = objects.find((object): object is FluxKustomization => object.kind === 'Kustomization');
        const { source, destination } = application!.spec;
        const template = ['template', 'rolechain', source.path, '--namespace', destination.namespace, '--values=-'];
        const kube = '--kube-version=1.33.7';
        const chart = await run(helm3, [...template, kube], JSON.stringify(source.helm.valuesObject));
        const overlay = await k('kustomize', kustomization!.spec.path);
        for (const [rendered, name] of [
          [chart, 'Argo CD with ServerSideApply=true'],
          [overlay, 'Flux'],
        ] as const) {
          try {
            await run(kubectl ?? '', ['apply', ...(APPLIERS[name] ?? []), '-f', '-'], rendered);
            const diff = ['diff', ...(APPLIERS[name] ?? []), '-f', '-'];
            await publish();
            expect(await run(kubectl ?? '', diff, rendered)).toBe('');
          } finally {
            await remove();
          }
        }
      });
    });
  });
});

interface Owner {
  readonly manager: string;
  readonly fieldsV1: object;
}

/** Managers of a field of that name, at any depth. */
function ownersOf(body: string, field: string): string[] {
  const { metadata } = JSON.parse(body) as { metadata: { managedFields: readonly Owner[] } };
  const owning = metadata.managedFields.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes(`"${field}"`));
  return owning.map(({ manager }) => manager);
}
