/** The chart, rendered by helm itself: its defaults are the kustomize base, its values what the overlays do. */
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS_FIELDS, parseSettings } from '@rolechain/webhook';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWithBinaries } from '../cluster/jest.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { CHART, describeWithHelm, helmTemplate, type Rendering } from './helm.ts';

const MANIFESTS = join(CHART, '..', '..', 'manifests');
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const OWN_NAMESPACE = { namespace: { create: true } };
const CHECKSUM = 'checksum/settings';

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
  (objects.find(({ kind }) => kind === 'ConfigMap')?.data as Record<string, string>)['settings.yaml'] ?? '';
/** Without the mark that settings of the admin's own leave on pods. */
const withoutChecksum = (objects: readonly KubeObject[]): KubeObject[] =>
  objects.map((object) => {
    if (object.kind !== 'Deployment') return object;
    const { spec } = object as Deployment;
    const { annotations: _annotations, ...metadata } = spec.template.metadata;
    return { ...object, spec: { ...spec, template: { ...spec.template, metadata } } };
  });

describeWithHelm('the chart', (helm) => {
  const render = (values: Rendering['values'] = {}, namespace?: string): KubeObject[] =>
    helmTemplate(helm, { values, ...(namespace !== undefined && { namespace }) });
  const refusal = (values: object): string =>
    spawnSync(helm, ['template', 'rolechain', CHART, '--values=-'], { encoding: 'utf8', input: JSON.stringify(values) })
      .stderr;

  describeWithBinaries('beside kustomize', ({ kubectl }) => {
    const kustomized = (path: string): KubeObject[] => sorted(kustomize(kubectl, join(MANIFESTS, path)));

    test('its default is the base, to the letter, but for the Namespace, which Helm needs before', () => {
      const base = kustomized('base');
      expect(sorted(render(OWN_NAMESPACE))).toEqual(base);
      expect(sorted(render())).toEqual(base.filter(({ kind }) => kind !== 'Namespace'));
    });

    test.each<[string, object]>([
      ['without-guard', { guard: { enabled: false } }],
      ['without-limit-ranges', { readLimitRanges: false }],
      ['flux-alias', { settings: { fluxAlias: true } }],
      ['openshift', { settings: { sidecarUser: 'unset' } }],
    ])('a value is the overlay %s', (overlay, values) => {
      const [ours, theirs] = [sorted(render({ ...OWN_NAMESPACE, ...values })), kustomized(`overlays/${overlay}`)];
      expect(parseSettings(settingsOf(ours))).toEqual(parseSettings(settingsOf(theirs)));
      const apart = (objects: readonly KubeObject[]): KubeObject[] =>
        withoutChecksum(objects).map((object) => (object.kind === 'ConfigMap' ? { ...object, data: {} } : object));
      expect(apart(ours)).toEqual(apart(theirs));
    });

    test('another namespace is the overlay namespace', () => {
      expect(sorted(render(OWN_NAMESPACE, 'platform-identity'))).toEqual(kustomized('overlays/namespace'));
    });
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

  test.each<[string, object, RegExp]>([
    ['an unknown value', { replica: 1 }, /replica/],
    [
      'an unknown setting',
      { settings: { conflict: 'warn' } },
      /\/settings['"]?: additional properties 'conflict' not allowed/,
    ],
    ['a setting of another type', { settings: { fluxAlias: 'yes' } }, /\/settings\/fluxAlias/],
    ['a setting that image makes', { settings: { sidecarImage: 'a' } }, /'sidecarImage' not allowed/],
    ['a setting that the templates fix', { settings: { port: 1 } }, /'port' not allowed/],
    ['a digest that is none', { image: { sidecar: { digest: 'sha256:0' } } }, /\/image\/sidecar\/digest/],
    ['a registry with a scheme', { image: { registry: 'https://registry.example' } }, /\/image\/registry/],
    ['no replica', { replicas: 0 }, /\/replicas/],
    ['a pull Secret as a text', { imagePullSecrets: ['registry'] }, /\/imagePullSecrets\/0/],
  ])('%s is refused, and named', (_name, values, text) => {
    expect(refusal(values)).toMatch(text);
  });

  test('every other setting may be written', () => {
    const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as {
      properties: { settings: { properties: object } };
    };
    const fixed = ['sidecarImage', 'port', 'healthPort', 'serviceName', 'certificateSecret', 'webhookConfiguration'];
    const free = Object.keys(SETTINGS_FIELDS).filter((name) => !fixed.includes(name));
    expect(Object.keys(schema.properties.settings.properties).sort()).toEqual(free.sort());
  });

  test('nothing of it depends on the cluster: no hook, no look-up, no capability', () => {
    const templates = globSync('templates/**', { cwd: CHART, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(templates.length).toBeGreaterThan(12);
    const texts = templates.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    const actions = texts
      .flatMap((text) => text.split('{{').slice(1))
      .map((text) => text.split('}}')[0] ?? '')
      .filter((action) => !/^-? ?\/\*/.test(action));
    expect(
      actions.filter((action) =>
        /\b(?:lookup|getHostByName|now|rand\w*|gen\w+|uuidv4|tpl|env|expandenv)\b/.test(action),
      ),
    ).toEqual([]);
    const builtIn = actions.flatMap(
      (action) => action.match(/\.(?:Release|Chart|Capabilities|Files|Template|Subcharts)\b[.\w]*/g) ?? [],
    );
    expect(new Set(builtIn)).toEqual(new Set(['.Release.Namespace', '.Chart.AppVersion']));
    const hooks = render(OWN_NAMESPACE).filter((object) => JSON.stringify(object).includes('helm.sh/hook'));
    expect(hooks).toEqual([]);
  });

  test('a pod of its tests is there only when it is asked for', () => {
    const isPod = ({ kind }: KubeObject): boolean => kind === 'Pod';
    expect(render().filter(isPod)).toEqual([]);
    const [pod, ...more] = render({ tests: { enabled: true } }).filter(isPod);
    expect(more).toEqual([]);
    expect(pod?.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'test' });
  });

  test('helm lint finds nothing', () => {
    expect(execFileSync(helm, ['lint', '--strict', CHART], { encoding: 'utf8' })).toContain('0 chart(s) failed');
  });
});
