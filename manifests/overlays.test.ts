/** What the overlays and components make of the base: nothing but what their names say. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { FOREIGN_KEYS, GUARD_BINDINGS, LIMITS, NAME_GLOB } from '@rolechain/shared';
import { describeWithBinaries } from '@rolechain/test/cluster/jest.ts';
import { kustomize } from '@rolechain/test/fixture/kustomize.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { parseSettings } from '@rolechain/webhook';

const GUARD = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'rolechain-webhook' };
const isGuard = ({ kind }: KubeObject): boolean => GUARD.includes(kind);

describeWithBinaries('overlays', ({ kubectl }) => {
  const made = new Map<string, KubeObject[]>();
  const once = (path: string): KubeObject[] => {
    const found = made.get(path) ?? kustomize(kubectl, join(__dirname, path));
    made.set(path, found);
    return found;
  };
  const base = (): KubeObject[] => once('base');
  const overlay = (name: string): KubeObject[] => once(`overlays/${name}`);

  test('without-guard is the base without the policy and its two bindings', () => {
    const left = base().filter((object) => !isGuard(object));
    expect(base()).toHaveLength(left.length + 3);
    expect(overlay('without-guard')).toEqual(left);
  });

  test('without-limit-ranges is the base without the role and the binding for them', () => {
    const left = base().filter(({ metadata }) => metadata.name !== 'rolechain-webhook-limit-ranges');
    expect(base()).toHaveLength(left.length + 2);
    expect(JSON.stringify(left)).not.toContain('limitranges');
    expect(overlay('without-limit-ranges')).toEqual(left);
  });

  test('without-events changes a setting, and is without the role and the binding for them', () => {
    const left = base().filter(({ metadata }) => metadata.name !== 'rolechain-webhook-events');
    expect(base()).toHaveLength(left.length + 2);
    expect(JSON.stringify(left)).not.toContain('"events"');
    const after = overlay('without-events');
    const changes = left.flatMap((object, index) => differences(object, after[index], object.kind));
    expect(changes.map(({ path }) => path)).toEqual(['ConfigMap.data.settings.yaml']);
    expect(parseSettings(String(changes[0]?.after))).toMatchObject({ ok: true, value: { events: false } });
  });

  test('flux-alias changes a setting and two conditions', () => {
    const [before, after] = [base(), overlay('flux-alias')];
    const changes = before.flatMap((object, index) => differences(object, after[index], object.kind));
    expect(changes.map(({ path }) => path)).toEqual([
      'ConfigMap.data.settings.yaml',
      'ValidatingAdmissionPolicy.spec.matchConditions.1.expression',
      'ValidatingWebhookConfiguration.webhooks.0.matchConditions.0.expression',
    ]);
    const [settings, ...conditions] = changes;
    expect(settings?.after).toBe(`fluxAlias: true\n${String(settings?.before)}`);
    expect(parseSettings(String(settings?.after))).toMatchObject({ ok: true, value: { fluxAlias: true } });
    for (const { after: text } of conditions) expect(text).toContain(`'${FOREIGN_KEYS.fluxAssumeRole}'`);
  });

  test('openshift: neither the sidecar nor the webhook names a user', () => {
    const [before, after] = [base(), overlay('openshift')];
    const changes = before.flatMap((object, index) => differences(object, after[index], object.kind));
    expect(changes.map(({ path, after: value }) => [path, value])).toEqual([
      ['ConfigMap.data.settings.yaml', expect.stringMatching(/^sidecarUser: unset\n/)],
      ['Deployment.spec.template.spec.securityContext.runAsGroup', undefined],
      ['Deployment.spec.template.spec.securityContext.runAsUser', undefined],
    ]);
    const text = String(changes[0]?.after);
    expect(text).toBe(`sidecarUser: unset\n${String(changes[0]?.before)}`);
    expect(parseSettings(text)).toMatchObject({ ok: true, value: { sidecarUser: 'unset' } });
  });

  test('namespace is the base with another name in each place, and no other change', () => {
    const other = 'platform-identity';
    const places = (objects: readonly KubeObject[], name: string): string[] =>
      objects.flatMap((object) => pathsOf(object, name, `${object.kind} ${object.metadata.name}`));
    // Names that are ours and no namespace: they stay.
    const kept = /\.labels\.|matchLabels|\.selector\.|resourceNames|^\w+Webhook\w+ rolechain\.metadata\.name$/;
    const expected = places(base(), 'rolechain').filter((path) => !kept.test(path));
    expect(expected.length).toBeGreaterThan(15);
    expect(places(overlay('namespace'), other)).toEqual(
      expected.map((path) => path.replace('Namespace rolechain.', `Namespace ${other}.`)),
    );
    const back = JSON.parse(JSON.stringify(overlay('namespace')).replaceAll(other, 'rolechain')) as KubeObject[];
    expect(back).toEqual(base());
  });

  test('default-role changes a setting and adds a policy with two bindings, for the namespaces of the first', () => {
    const [before, after] = [base(), overlay('default-role')];
    const added = after.filter(({ metadata }) => metadata.name?.startsWith('rolechain-guard-default-role'));
    expect(added.map(({ kind }) => kind).sort()).toEqual([GUARD[0], GUARD[1], GUARD[1]]);
    const kept = after.filter((object) => !added.includes(object));
    const changes = before.flatMap((object, index) => differences(object, kept[index], object.kind));
    expect(changes.map(({ path }) => path)).toEqual(['ConfigMap.data.settings.yaml']);
    expect(changes[0]?.after).toBe(`namespaceDefaultRole: true\n${String(changes[0]?.before)}`);
    expect(parseSettings(String(changes[0]?.after))).toMatchObject({ ok: true, value: { namespaceDefaultRole: true } });
    const selectors = (objects: readonly KubeObject[]): string[] =>
      objects
        .filter(({ kind }) => kind === GUARD[1])
        .map(({ spec }) => JSON.stringify((spec as { matchResources: unknown }).matchResources))
        .sort();
    expect(selectors(added)).toEqual(selectors(before));
    // Not bound in a condition: with `failurePolicy: Fail` every pod of the cluster would be refused.
    const { matchConditions, variables } = added.find(({ kind }) => kind === GUARD[0])?.spec as Record<string, unknown>;
    expect(JSON.stringify(matchConditions)).not.toContain('namespaceObject');
    expect(JSON.stringify(variables)).toContain(`size(bytes(variables.accounts)) > ${LIMITS.assumeRoleAccountsBytes}`);
    expect(JSON.stringify(variables)).toContain(NAME_GLOB.source);
  });

  test('autoscale adds an autoscaler of the Deployment, which says no number any longer', () => {
    const [before, after] = [base(), overlay('autoscale')];
    const added = after.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
    const kept = after.filter((object) => !added.includes(object));
    const changes = before.flatMap((object, index) => differences(object, kept[index], object.kind));
    expect(changes).toEqual([{ path: 'Deployment.spec.replicas', before: 2, after: undefined }]);
    expect(added.map(({ spec }) => spec)).toMatchObject([{ scaleTargetRef: DEPLOYMENT, minReplicas: 2 }]);
  });

  test('right-size adds an autoscaler of the memory of its container, and changes nothing', () => {
    const after = overlay('right-size');
    const added = after.filter(({ kind }) => kind === 'VerticalPodAutoscaler');
    expect(after.filter((object) => !added.includes(object))).toEqual(base());
    const [policy, ...more] = added.flatMap(
      ({ spec }) => (spec as { resourcePolicy: { containerPolicies: object[] } }).resourcePolicy.containerPolicies,
    );
    expect(more).toEqual([]);
    expect(policy).toMatchObject({ containerName: 'webhook', controlledResources: ['memory'] });
    expect(added[0]?.spec).toMatchObject({ targetRef: DEPLOYMENT });
  });

  test('cert-manager: settings, its own objects, a mounted Secret, and no right but to read the configurations', () => {
    const [before, after] = [base(), overlay('cert-manager')];
    const own = (kind: string): boolean => ['Role', 'RoleBinding'].includes(kind);
    const added = after.filter(({ apiVersion }) => apiVersion === 'cert-manager.io/v1');
    expect(added.map(({ kind }) => kind)).toEqual(['Certificate', 'Certificate', 'Issuer', 'Issuer']);
    const kept = after.filter((object) => !added.includes(object));
    const left = before.filter(({ kind }) => !own(kind));
    expect(left).toHaveLength(before.length - 2);
    const changes = left.flatMap((object, index) => differences(object, kept[index], object.kind));
    const value = 'rolechain/rolechain-webhook';
    expect(changes.map(({ path, after: now }) => [path, now])).toEqual([
      ...['list', 'watch', 'patch'].map((_, i) => [`ClusterRole.rules.3.verbs.${i + 1}`, undefined]),
      ['ConfigMap.data.settings.yaml', expect.anything()],
      ['Deployment.spec.template.spec.containers.0.volumeMounts.1', expect.objectContaining({ readOnly: true })],
      ['Deployment.spec.template.spec.volumes.1', expect.anything()],
      ['MutatingWebhookConfiguration.metadata.annotations', { 'cert-manager.io/inject-ca-from': value }],
      ['ValidatingWebhookConfiguration.metadata.annotations', { 'cert-manager.io/inject-ca-from': value }],
    ]);
    expect(JSON.stringify(kept.flatMap(({ rules }) => rules ?? []))).not.toContain('"secrets"');
    // The names that stand in several places.
    const leaf = added.find(({ metadata }) => metadata.name === 'rolechain-webhook');
    const { mountPath } = changes.find(({ path }) => path.includes('volumeMounts'))?.after as { mountPath: string };
    const { secret } = changes.find(({ path }) => path.includes('.volumes.'))?.after as { secret: object };
    const settings = parseSettings(String(changes.find(({ path }) => path.startsWith('ConfigMap'))?.after));
    const { secretName, dnsNames } = leaf?.spec as { secretName: string; dnsNames: string[] };
    expect(settings).toMatchObject({ ok: true, value: { certDir: mountPath, certificateSecret: secretName } });
    expect(secret).toEqual({ secretName });
    expect(dnsNames).toEqual(['', '.cluster.local'].map((end) => `rolechain-webhook.rolechain.svc${end}`));
  });

  test('irsa-only changes a setting', () => {
    const [before, after] = [base(), overlay('irsa-only')];
    const changes = before.flatMap((object, index) => differences(object, after[index], object.kind));
    expect(after).toHaveLength(before.length);
    expect(changes.map(({ path }) => path)).toEqual(['ConfigMap.data.settings.yaml']);
    expect(changes[0]?.after).toBe(`credentialSources: [irsa]\n${String(changes[0]?.before)}`);
    expect(parseSettings(String(changes[0]?.after))).toMatchObject({
      ok: true,
      value: { credentialSources: ['irsa'] },
    });
  });

  test('audit changes a setting, and what the bindings of the guard do', () => {
    const [before, after] = [base(), overlay('audit')];
    const changes = before.flatMap((object, index) => differences(object, after[index], object.kind));
    const [settings, ...actions] = changes;
    expect(settings?.after).toBe(`mode: audit\n${String(settings?.before)}`);
    expect(parseSettings(String(settings?.after))).toMatchObject({ ok: true, value: { mode: 'audit' } });
    const action = 'ValidatingAdmissionPolicyBinding.spec.validationActions';
    const toAudit = [
      { path: `${action}.0`, before: 'Deny', after: 'Audit' },
      { path: `${action}.1`, before: undefined, after: 'Warn' },
    ];
    const bindings = base().filter(({ kind }) => kind === GUARD[1]);
    expect(actions).toEqual(bindings.flatMap(() => toAudit));
    const names = overlay('default-role').flatMap(({ kind, metadata }) => (kind === GUARD[1] ? metadata.name : []));
    expect(names.toSorted()).toEqual([...GUARD_BINDINGS]);
  });

  describe('components go together', () => {
    const rendered = (names: readonly string[], files: Readonly<Record<string, object>> = {}): KubeObject[] => {
      const folder = mkdtempSync(join(tmpdir(), 'rolechain-overlay-'));
      try {
        const to = (path: string): string => relative(folder, join(__dirname, path));
        const components = names.map((name) => (name in files ? name : to(`components/${name}`)));
        for (const [name, file] of Object.entries(files)) {
          mkdirSync(join(folder, name));
          writeFileSync(join(folder, name, 'kustomization.yaml'), JSON.stringify(file));
        }
        const resources = [to('base'), ...(names.includes('namespace') ? ['namespace.yaml'] : [])];
        cpSync(join(__dirname, 'overlays/namespace/namespace.yaml'), join(folder, 'namespace.yaml'));
        writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify({ resources, components }));
        return kustomize(kubectl, folder);
      } finally {
        rmSync(folder, { recursive: true });
      }
    };

    test.each([
      ['flux-alias', 'without-guard'],
      ['without-guard', 'flux-alias'],
    ])('%s, then %s', (...names) => {
      expect(rendered(names)).toEqual(overlay('flux-alias').filter((object) => !isGuard(object)));
    });

    test('audit behind default-role reaches the bindings of both guards', () => {
      const actions = rendered(['default-role', 'audit']).flatMap(({ kind, metadata, spec }) =>
        kind === GUARD[1] ? [[metadata.name, (spec as { validationActions: unknown }).validationActions]] : [],
      );
      expect(actions.toSorted()).toEqual(GUARD_BINDINGS.map((name) => [name, ['Audit', 'Warn']]));
    });

    test('all of them, behind settings of your own: each adds its line, and no line is lost', () => {
      const patch = JSON.stringify([
        { op: 'replace', path: '/data/settings.yaml', value: 'sidecarImage: own/image\n' },
      ]);
      const target = { kind: 'ConfigMap', name: 'rolechain-webhook' };
      const own = { apiVersion: 'kustomize.config.k8s.io/v1alpha1', kind: 'Component', patches: [{ patch, target }] };
      const all = readdirSync(join(__dirname, 'components')).filter((name) => name !== 'namespace');
      const objects = rendered(['own', ...all, 'namespace'], { own });
      const maps = objects.filter(({ kind }) => kind === 'ConfigMap');
      expect(maps.map(({ metadata }) => metadata.name).toSorted()).toEqual([
        'rolechain-dashboard',
        'rolechain-webhook',
      ]);
      const settings = maps.find(({ metadata }) => metadata.name === 'rolechain-webhook')?.data as Record<
        string,
        string
      >;
      expect(parseSettings(settings['settings.yaml'] ?? '')).toMatchObject({
        ok: true,
        value: {
          sidecarImage: 'own/image',
          ...{
            fluxAlias: true,
            sidecarUser: 'unset',
            namespaceDefaultRole: true,
            mode: 'audit',
            credentialSources: ['irsa'],
            events: false,
            certDir: '/etc/rolechain-tls',
          },
        },
      });
      expect(objects.filter(isGuard)).toEqual([]);
      expect(JSON.stringify(objects)).not.toMatch(/rolechain\/rolechain-webhook"|\.rolechain\.svc/);
      const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace));
      expect(namespaces).toEqual(new Set([undefined, 'platform-identity']));
    });
  });
});

/** Where the text stands. */
function pathsOf(value: unknown, text: string, path: string): string[] {
  if (value === text) return [path];
  return isMap(value) ? Object.entries(value).flatMap(([key, each]) => pathsOf(each, text, `${path}.${key}`)) : [];
}

interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The values that differ, by their paths. */
function differences(before: unknown, after: unknown, path: string): Difference[] {
  if (!isMap(before) || !isMap(after)) return Object.is(before, after) ? [] : [{ path, before, after }];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], `${path}.${key}`));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
