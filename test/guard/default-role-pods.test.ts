/**
 * A default role together with all else that decides: Flux's annotation, another prefix of the EKS webhook, pods that the
 * webhook leaves alone, Namespaces that were made just now. Whom the webhook leaves alone, the guard never refuses.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { tmpdir } from 'node:os';
import { ANNOTATIONS, FOREIGN_KEYS, SIDECAR } from '@rolechain/shared';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { ROLE, account, annotated, install, namespace, type Installed } from './installed.ts';
import { container, outcomeOf, pod, type Changes, type Result } from './pods.ts';

const { assumeRole, assumeRoleAccounts, inject, skipped, skipContainers } = ANNOTATIONS;
const FLUX = FOREIGN_KEYS.fluxAssumeRole;
const FLUX_ROLE = JSON.stringify({ roleARN: ROLE });
/** Of the EKS webhook of this cluster, which is not AWS' own. */
const PREFIX = 'iam.example.com';
type Texts = Readonly<Record<string, string>>;
const many = (length: number): Texts =>
  Object.fromEntries(Array.from({ length }, (_, index) => [`example.com/x-${index}`, '']));

/** With the webhook there, and with the webhook out: whether the pod is injected, and whether it is refused. */
type Row = readonly [name: string, annotations: Texts | undefined, injected: boolean, refused: boolean];
const ACCOUNTS: readonly Row[] = [
  ['default', {}, true, true],
  ['no-annotations', undefined, true, true],
  ['own', { [assumeRole.key]: ROLE }, true, true],
  ['none', { [assumeRole.key]: 'none' }, false, false],
  ['flux', { [FLUX]: FLUX_ROLE }, true, true],
  // Flux takes it for none, and so it says nothing.
  ['flux-empty', { [FLUX]: '' }, true, true],
  ['none-and-flux', { [assumeRole.key]: 'none', [FLUX]: FLUX_ROLE }, false, false],
  ['based', { [`${PREFIX}/role-arn`]: ROLE }, false, false],
  // The guard does not know the prefix: it lets these slip.
  ['based-elsewhere', { [FOREIGN_KEYS.eksRoleARN]: ROLE }, true, false],
  ['based-among-others', { ...many(2), [`${PREFIX}/role-arn`]: ROLE }, false, false],
  // The guard looks at 200 at most.
  ['grown', many(200), true, true],
  ['overgrown', many(201), true, false],
  ['alike', { 'example.com/role-arn-of': ROLE, 'role-arn': ROLE }, true, true],
];

const NATIVE = { ...container(SIDECAR.name), restartPolicy: 'Always' };
const initContainers = (...all: readonly object[]): Changes => ({ spec: { initContainers: all } });

/** Pods of an account that says nothing, and whether the guard refuses them with the webhook out. */
const PODS: Readonly<Record<string, readonly [Changes, expected: Result['outcome'], refused: boolean]>> = {
  plain: [{}, 'injected', true],
  'inject: "false"': [{ annotations: { [inject.key]: 'false' } }, 'plain', false],
  'inject: "true"': [{ annotations: { [inject.key]: 'true' } }, 'injected', true],
  'marked as skipped': [{ annotations: { [skipped.key]: 'HostNetwork' } }, 'injected', false],
  'host network': [{ spec: { hostNetwork: true } }, 'plain', false],
  'no host network': [{ spec: { hostNetwork: false } }, 'injected', true],
  'Windows by os': [
    { spec: { os: { name: 'windows' }, securityContext: {}, containers: [{ name: 'app', image: 'app:1' }] } },
    'plain',
    false,
  ],
  'Linux by os': [{ spec: { os: { name: 'linux' } } }, 'injected', true],
  'Windows by selector': [{ spec: { nodeSelector: { 'kubernetes.io/os': 'windows' } } }, 'plain', false],
  'Linux by selector': [{ spec: { nodeSelector: { 'kubernetes.io/os': 'linux' } } }, 'injected', true],
  'another selector': [{ spec: { nodeSelector: { disk: 'ssd' } } }, 'injected', true],
  // Without a configuration it is none of ours to the webhook.
  'a native sidecar of our name': [initContainers(NATIVE), 'refused by the webhook', false],
  'the same behind another init container': [
    initContainers(container('init'), NATIVE),
    'refused by the webhook',
    false,
  ],
  'an init container of our name that is not native': [
    initContainers(container(SIDECAR.name)),
    'refused by the webhook',
    true,
  ],
  'a native sidecar of another name': [initContainers({ ...NATIVE, name: 'mesh' }), 'injected', true],
  // What follows from containers alone the guard does not know: it stands in until the webhook is back.
  'no container that holds a role': [{ annotations: { [skipContainers.key]: 'app' } }, 'plain', true],
};

describeWithBinaries('a default role together with', ({ kubectl }) => {
  describeWithCluster('the overlays default-role and flux-alias', (cluster) => {
    let installed: Installed;
    const ask = async (object: KubeObject): Promise<Result['outcome']> =>
      (await outcomeOf(installed.api, object)).outcome;

    beforeAll(async () => {
      const settings = { namespaceDefaultRole: true, fluxAlias: true, eksWebhook: { annotationPrefix: PREFIX } };
      const manifests = [annotated(namespace('defaulted'), { [assumeRole.key]: ROLE }), ...rendered(kubectl)];
      installed = await install(cluster(), { manifests, settings });
      await applyAll(
        cluster().kubeConfig,
        ACCOUNTS.map(([name, annotations]) => annotated(account('defaulted', name), annotations)),
      );
    });
    afterAll(() => installed.stop());

    const podOf = ([changes]: readonly [Changes, ...unknown[]]): KubeObject =>
      owned(pod('defaulted', 'default', changes));
    /** As a kubelet writes it: of no account and without a token. */
    const mirror = pod('defaulted', '', {
      annotations: { [FOREIGN_KEYS.mirrorPod]: 'x' },
      spec: { nodeName: 'n', serviceAccountName: '' },
    });
    const byDefault = pod('defaulted', '', { spec: { serviceAccountName: undefined } });

    test.each(ACCOUNTS)('account %s', async (name, _annotations, injected) => {
      expect(await ask(pod('defaulted', name))).toBe(injected ? 'injected' : 'plain');
    });

    test.each(Object.entries(PODS))('pod: %s', async (_name, row) => {
      expect(await ask(podOf(row))).toBe(row[1]);
    });

    test('a pod that names no account is of `default`; a mirror pod is of none', async () => {
      expect([await ask(byDefault), await ask(mirror)]).toEqual(['injected', 'plain']);
    });

    test('what the webhook skips under a default it marks, and the guard lets it pass', async () => {
      const { outcome, annotations } = await outcomeOf(
        installed.api,
        pod('defaulted', 'default', { annotations: { [skipContainers.key]: 'app' } }),
      );
      expect([outcome, annotations?.[skipped.key]]).toEqual(['plain', 'NoContainerSelected']);
    });

    describe('and the webhook out', () => {
      beforeAll(() => installed.stopWebhook());
      const refusedIf = (refused: boolean): string => (refused ? 'refused by the guard' : 'plain');

      test.each(ACCOUNTS)('account %s', async (name, _annotations, _injected, refused) => {
        expect(await ask(pod('defaulted', name))).toBe(refusedIf(refused));
      });

      test.each(Object.entries(PODS))('pod: %s', async (_name, row) => {
        expect(await ask(podOf(row))).toBe(refusedIf(row[2]));
      });

      test('a pod that names no account is of `default`; a mirror pod is of none', async () => {
        expect([await ask(byDefault), await ask(mirror)]).toEqual(['refused by the guard', 'plain']);
      });

      test.each<[string, Texts]>([
        ['no annotation', {}],
        ['none', { [assumeRole.key]: 'none' }],
        ['a default for others', { [assumeRole.key]: ROLE, [assumeRoleAccounts.key]: 'others' }],
        ['a list alone', { [assumeRoleAccounts.key]: '*' }],
      ])('a pod of a namespace that was made just now is not refused: %s', async (_name, annotations) => {
        for (let made = 0; made < 10; made++) {
          const name = `new-${Object.values(annotations).join().length}-${made}`;
          await installed.api.post('/api/v1/namespaces', annotated(namespace(name), annotations));
          await installed.api.post(`/api/v1/namespaces/${name}/serviceaccounts`, account(name, 'plain'));
          expect(await ask(pod(name, 'plain'))).toBe('plain');
        }
      });
    });
  });
});

/** Both components over the base, Flux's first. */
function rendered(kubectl: string | undefined): KubeObject[] {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-overlay-'));
  try {
    const to = (path: string): string => relative(folder, join(ROOT, 'manifests', path));
    const components = ['flux-alias', 'default-role'].map((name) => to(`components/${name}`));
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify({ resources: [to('base')], components }));
    return kustomize(kubectl, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As a ReplicaSet's controller writes it. */
function owned(object: KubeObject): KubeObject {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'app', uid: 'b7ae3c1f', controller: true };
  return { ...object, metadata: { ...object.metadata, ownerReferences: [owner] } };
}
