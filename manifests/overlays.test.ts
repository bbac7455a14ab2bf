/** What the overlays and components make of the base: nothing but what their names say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { FOREIGN_KEYS, GUARD_BINDINGS } from '@rolechain/shared';
import { describeWithBinaries } from '@rolechain/test/cluster/jest.ts';
import { kustomize } from '@rolechain/test/fixture/kustomize.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { parseSettings } from '@rolechain/webhook';

const GUARD = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
const isGuard = ({ kind }: KubeObject): boolean => GUARD.includes(kind);

describeWithBinaries('overlays', ({ kubectl }) => {
  const base = (): KubeObject[] => kustomize(kubectl, join(__dirname, 'base'));
  const overlay = (name: string): KubeObject[] => kustomize(kubectl, join(__dirname, 'overlays', name));

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

  test('flux-alias changes a setting and two conditions', () => {
    const [before, after] = [base(), overlay('flux-alias')];
    const changes = before.flatMap((object, index) => differences(object, after[index], object.kind));
    expect(changes.map(({ path }) => path)).toEqual([
      'ConfigMap.data.settings.yaml',
      'ValidatingAdmissionPolicy.spec.matchConditions.1.expression',
      'ValidatingWebhookConfiguration.webhooks.0.matchConditions.0.expression',
    ]);
    const [settings, ...conditions] = changes;
    expect(settings?.after).toBe(`${String(settings?.before)}fluxAlias: true\n`);
    expect(parseSettings(String(settings?.after))).toMatchObject({ ok: true, value: { fluxAlias: true } });
    for (const { after: text } of conditions) expect(text).toContain(`'${FOREIGN_KEYS.fluxAssumeRole}'`);
  });

  test('audit changes a setting, and what the bindings of the guard do', () => {
    const [before, after] = [base(), overlay('audit')];
    const changes = before.flatMap((object, index) => differences(object, after[index], object.kind));
    const [settings, ...actions] = changes;
    expect(settings?.after).toBe(`${String(settings?.before)}mode: audit\n`);
    expect(parseSettings(String(settings?.after))).toMatchObject({ ok: true, value: { mode: 'audit' } });
    const action = 'ValidatingAdmissionPolicyBinding.spec.validationActions';
    const toAudit = [
      { path: `${action}.0`, before: 'Deny', after: 'Audit' },
      { path: `${action}.1`, before: undefined, after: 'Warn' },
    ];
    expect(actions).toEqual(GUARD_BINDINGS.flatMap(() => toAudit));
    const names = base().flatMap(({ kind, metadata }) => (kind === GUARD[1] ? metadata.name : []));
    expect(names.toSorted()).toEqual([...GUARD_BINDINGS]);
  });

  test.each([
    ['flux-alias', 'without-guard'],
    ['without-guard', 'flux-alias'],
  ])('the components go together: %s, then %s', (...names) => {
    const folder = mkdtempSync(join(tmpdir(), 'rolechain-overlay-'));
    try {
      const to = (path: string): string => relative(folder, join(__dirname, path));
      const components = names.map((name) => to(`components/${name}`));
      writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify({ resources: [to('base')], components }));
      expect(kustomize(kubectl, folder)).toEqual(overlay('flux-alias').filter((object) => !isGuard(object)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

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
