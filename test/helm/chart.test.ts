/** The chart, rendered by helm itself: its defaults are the kustomize base, its values what the overlays do. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseSettings } from '@rolechain/webhook';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { VALUES } from '../packages/renderings.ts';
import { CHART, describeWithHelm, helmTemplate, type Rendering } from './helm.ts';

const MANIFESTS = join(CHART, '..', '..', 'manifests');
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const OWN_NAMESPACE = { namespace: { create: true } };
const CHECKSUM = 'checksum/settings';

/** The values by which the chart is an overlay. */
const OVERLAYS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'without-guard': { guard: { enabled: false } },
  'without-limit-ranges': { readLimitRanges: false },
  // Its objects are of kinds that no apiserver has without the operator's CRDs, so that it has no overlay.
  prometheus: { monitoring: { enabled: true } },
  'without-events': { settings: { events: false } },
  'flux-alias': { settings: { fluxAlias: true } },
  'irsa-only': { settings: { credentialSources: ['irsa'] } },
  openshift: { settings: { sidecarUser: 'unset' } },
  audit: { settings: { mode: 'audit' } },
  'default-role': { settings: { namespaceDefaultRole: true } },
  autoscale: { autoscaling: { horizontal: { enabled: true } } },
  'right-size': { autoscaling: { vertical: { enabled: true } } },
  'cert-manager': { certManager: { enabled: true } },
};
/** Several at once, in the order of the components. */
const TOGETHER: readonly (readonly string[])[] = [
  ['default-role', 'audit', 'flux-alias', 'openshift'],
  ['prometheus'],
  ['cert-manager', 'autoscale', 'openshift'],
  ['default-role', 'audit', 'without-guard', 'without-limit-ranges', 'without-events', 'irsa-only'],
];

const named = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;
const sorted = (objects: readonly KubeObject[]): KubeObject[] =>
  [...objects].sort((a, b) => (named(a) < named(b) ? -1 : 1));

interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly metadata: Metadata; readonly spec: PodSpec };
  };
}
interface Metadata {
  readonly annotations?: Readonly<Record<string, string>>;
}
interface PodSpec {
  readonly containers: readonly { readonly image: string }[];
  readonly [field: string]: unknown;
}
const deploymentOf = (objects: readonly KubeObject[]): Deployment['spec'] =>
  objects.find((object): object is Deployment => object.kind === 'Deployment')!.spec;
const settingsOf = (objects: readonly KubeObject[]): string =>
  (
    objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'rolechain-webhook')?.data as Record<
      string,
      string
    >
  )['settings.yaml'] ?? '';
/** Without the mark that settings of the admin's own leave on pods. */
const withoutChecksum = (objects: readonly KubeObject[]): KubeObject[] =>
  objects.map((object) => {
    if (object.kind !== 'Deployment') return object;
    const { spec } = object as Deployment;
    const { annotations: _annotations, ...metadata } = spec.template.metadata;
    return { ...object, spec: { ...spec, template: { ...spec.template, metadata } } };
  });

describeWithHelm('the chart', (helm, helm3) => {
  const render = (values: Rendering['values'] = {}, namespace?: string): KubeObject[] =>
    helmTemplate(helm, { values, ...(namespace !== undefined && { namespace }) });
  describeWithBinaries('beside kustomize', ({ kubectl }) => {
    const kustomized = (path: string): KubeObject[] => sorted(kustomize(kubectl, join(MANIFESTS, path)));

    test('its default is the base, to the letter, but for the Namespace, which Helm needs before', () => {
      const base = kustomized('base');
      expect(sorted(render(OWN_NAMESPACE))).toEqual(base);
      expect(sorted(render())).toEqual(base.filter(({ kind }) => kind !== 'Namespace'));
    });

    /** The same objects, and the same settings in whatever words. */
    const expectSame = (ours: readonly KubeObject[], theirs: readonly KubeObject[]): void => {
      expect(parseSettings(settingsOf(ours))).toEqual(parseSettings(settingsOf(theirs)));
      const apart = (objects: readonly KubeObject[]): KubeObject[] =>
        withoutChecksum(objects).map((object) =>
          object.kind === 'ConfigMap' && object.metadata.name === 'rolechain-webhook'
            ? { ...object, data: {} }
            : object,
        );
      expect(apart(ours)).toEqual(apart(theirs));
    };

    test.each(Object.entries(OVERLAYS).filter(([name]) => name !== 'prometheus'))(
      'a value is the overlay %s',
      (overlay, values) => {
        expectSame(sorted(render({ ...OWN_NAMESPACE, ...values })), kustomized(`overlays/${overlay}`));
      },
    );

    test.each(TOGETHER)('%s and the others go together, as their components do', (...names) => {
      const folder = mkdtempSync(join(tmpdir(), 'rolechain-chart-'));
      try {
        const to = (path: string): string => relative(folder, join(MANIFESTS, path));
        const kustomization = { resources: [to('base')], components: names.map((name) => to(`components/${name}`)) };
        writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
        const values = names.map((name) => OVERLAYS[name] ?? {});
        const settings: object = Object.assign({}, ...values.map((each) => each.settings));
        const ours = sorted(render(Object.assign({}, OWN_NAMESPACE, ...values, { settings })));
        expectSame(ours, sorted(kustomize(kubectl, folder)));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    test('there is a value for each overlay', () => {
      const overlays = readdirSync(join(MANIFESTS, 'overlays'));
      const named = Object.keys(OVERLAYS).filter((name) => name !== 'prometheus');
      expect(named.toSorted()).toEqual(overlays.filter((name) => name !== 'namespace').toSorted());
    });

    test('another namespace is the overlay namespace', () => {
      expect(sorted(render(OWN_NAMESPACE, 'platform-identity'))).toEqual(kustomized('overlays/namespace'));
    });
  });

  test.each(Object.entries({ ...VALUES, ...OVERLAYS }))('helm 3 makes the same of %s', (_name, values) => {
    // Each helm has its own order of kinds.
    expect(sorted(helmTemplate(helm3, { values }))).toEqual(sorted(render(values)));
  });

  test.each(['on', '123', 'null'])('the namespace %s stays a text', (namespace) => {
    const objects = render(OWN_NAMESPACE, namespace);
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set([undefined, namespace]));
    expect(JSON.stringify(objects)).toContain(`"values":["kube-system",${JSON.stringify(namespace)}]`);
  });

  test('registry, tag and digest are those of the values, in the Deployment and in the settings', () => {
    const image = {
      registry: 'registry.internal:5000/mirror',
      webhook: { repository: 'team/webhook', tag: '1.2.3' },
      sidecar: { digest: DIGEST, tag: 'ignored' },
    };
    const objects = render({ image });
    expect(deploymentOf(objects).template.spec.containers[0]?.image).toBe(
      'registry.internal:5000/mirror/team/webhook:1.2.3',
    );
    expect(parseSettings(settingsOf(objects))).toMatchObject({
      ok: true,
      value: { sidecarImage: `registry.internal:5000/mirror/sidecar@${DIGEST}`, conflicts: 'refuse' },
    });
  });

  test("pull Secrets and where the webhook's pods run are those of the values", () => {
    const placed = {
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { pool: 'system' },
      tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'platform',
    };
    expect(deploymentOf(render(placed)).template.spec).toMatchObject(placed);
    expect(deploymentOf(render({ priorityClassName: '' })).template.spec).not.toHaveProperty('priorityClassName');
  });

  test('one replica has no PodDisruptionBudget, which would keep its node from being drained', () => {
    const objects = render({ replicas: 1, networkPolicy: { enabled: false } });
    expect(deploymentOf(objects).replicas).toBe(1);
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds).not.toContain('PodDisruptionBudget');
    expect(kinds).not.toContain('NetworkPolicy');
  });

  test('with a horizontal autoscaler there is a PodDisruptionBudget whatever replicas says, and no number in the Deployment', () => {
    const horizontal = { enabled: true, minReplicas: 3, maxReplicas: 9, averageCPU: '1' };
    const objects = render({ replicas: 1, autoscaling: { horizontal } });
    expect(deploymentOf(objects)).not.toHaveProperty('replicas');
    expect(objects.map(({ kind }) => kind)).toContain('PodDisruptionBudget');
    expect(objects.find(({ kind }) => kind === 'HorizontalPodAutoscaler')?.spec).toMatchObject({
      ...{ minReplicas: 3, maxReplicas: 9 },
      metrics: [{ resource: { target: { averageValue: '1' } } }],
    });
    const vertical = { enabled: true, updateMode: 'Off', maxMemory: '2Gi' };
    const [sized] = render({ autoscaling: { vertical } }).filter(({ kind }) => kind === 'VerticalPodAutoscaler');
    expect(sized?.spec).toMatchObject({
      updatePolicy: { updateMode: 'Off' },
      resourcePolicy: { containerPolicies: [{ maxAllowed: { memory: '2Gi' } }] },
    });
  });

  test('settings arrive as they are written, and pods restart with each change of them', () => {
    const clientCA = '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n';
    const written = {
      conflicts: 'warn',
      meshContainers: ['a: b', '# c'],
      cluster: '{{ .Values }}',
      stsEndpoint: "https://x.example/'",
    };
    const objects = render({ settings: { ...written, sidecarEnvironment: { NO_PROXY: 'yes' } } });
    expect(parseSettings(settingsOf(objects))).toMatchObject({ ok: true, value: written });
    expect(settingsOf(render({ settings: { clientCA } }))).toContain(
      'clientCA: |\n  -----BEGIN CERTIFICATE-----\n  AA\n',
    );
    const checksum = (values: object): string | undefined =>
      deploymentOf(render({ settings: values })).template.metadata.annotations?.[CHECKSUM];
    const seen = [checksum({}), checksum({ conflicts: 'warn' }), checksum({ conflicts: 'warn', cluster: 'a' })];
    expect(seen[0]).toBeUndefined();
    expect(new Set(seen).size).toBe(3);
    expect(checksum({ conflicts: 'warn' })).toBe(seen[1]);
  });

  test('without any setting but the image it is still a document', () => {
    expect(parseSettings(settingsOf(render({ settings: { conflicts: null } })))).toMatchObject({ ok: true });
  });

  test('a pod of its tests is there only when it is asked for', () => {
    const isPod = ({ kind }: KubeObject): boolean => kind === 'Pod';
    expect(render().filter(isPod)).toEqual([]);
    const [pod, ...more] = render({ tests: { enabled: true } }).filter(isPod);
    expect(more).toEqual([]);
    expect(pod?.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'test' });
  });
});
