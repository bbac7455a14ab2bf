/**
 * The overlay `audit` on a real apiserver, with the guard in place: every pod and every write passes, and is told what would
 * have become of it. And the setting alone, beside a guard that denies: the webhook says so.
 */
import { join } from 'node:path';
import { ANNOTATIONS, GUARD_BINDINGS } from '@rolechain/shared';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { parse } from 'yaml';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { account, install, type Installed } from './installed.ts';
import { outcomeOf, pod } from './pods.ts';

describeWithBinaries('mode: audit', ({ kubectl }) => {
  const settingsOfOverlay = (): Readonly<Record<string, unknown>> => {
    const { mode } = parse(
      kustomize(kubectl, join(ROOT, 'manifests', 'overlays', 'audit'))
        .filter(({ kind }) => kind === 'ConfigMap')
        .map(({ data }) => (data as Record<string, string>)['settings.yaml'])
        .join(''),
    ) as { mode: string };
    return { mode };
  };

  describeWithCluster('with the overlay', (cluster) => {
    let installed: Installed;
    beforeAll(async () => {
      installed = await install(cluster(), {
        manifests: kustomize(kubectl, join(ROOT, 'manifests', 'overlays', 'audit')),
        settings: settingsOfOverlay(),
        outcome: 'plain',
      });
    });
    afterAll(() => installed.stop());

    /** Warnings of the apiserver stand in headers of the answer. */
    const warningsOf = async (path: string, body: object): Promise<{ status: number; warnings: string }> => {
      const { status, headers } = await installed.api.send('POST', `${path}?dryRun=All`, 'application/json', body);
      return { status, warnings: headers.warning ?? '' };
    };
    const PODS = '/api/v1/namespaces/shop/pods';

    test('a pod that would be injected is not changed, and is told by webhook and guard', async () => {
      const { status, warnings } = await warningsOf(PODS, pod('shop', 'orders'));
      expect(status).toBe(201);
      expect(warnings).toContain('rolechain (mode: audit) would inject this pod: app=default');
      expect(warnings).toContain("Validation failed for ValidatingAdmissionPolicy 'rolechain-guard'");
      const { outcome, annotations } = await outcomeOf(installed.api, pod('shop', 'orders'));
      expect([outcome, annotations]).toEqual(['plain', {}]);
    });

    test('a pod that would be refused is admitted, with its reason', async () => {
      const { status, warnings } = await warningsOf(PODS, pod('shop', 'orders', { spec: { hostNetwork: true } }));
      expect(status).toBe(201);
      expect(warnings).toContain('[HostNetwork]');
    });

    test('a pod that asks for nothing hears nothing', async () => {
      expect(await warningsOf(PODS, pod('shop', 'plain'))).toEqual({ status: 201, warnings: '' });
    });

    test('an invalid annotation is written, with its refusal as a warning', async () => {
      const path = '/api/v1/namespaces/shop/serviceaccounts';
      const { status, warnings } = await warningsOf(path, account('shop', 'wrong', '{roleARN: no}'));
      expect(status).toBe(201);
      expect(warnings).toContain('rolechain (mode: audit) would refuse it:');
      expect(warnings).toContain(ANNOTATIONS.assumeRole.key);
    });

    test('all of it is counted as what it would have been, and nothing as done', async () => {
      const metrics = await (await fetch(`${installed.webhook().healthURL}/metrics`)).text();
      expect(metrics).toMatch(/^rolechain_audited_admissions_total\{outcome="injected",reason="Injected"\} [1-9]/m);
      expect(metrics).toMatch(/^rolechain_audited_admissions_total\{outcome="refused",reason="HostNetwork"\} [1-9]/m);
      expect(metrics).not.toMatch(/^rolechain_admissions_total\{/m);
    });

    test('with the webhook out a pod that asks is admitted, and told by the guard', async () => {
      await installed.stopWebhook();
      const { status, warnings } = await warningsOf(PODS, pod('shop', 'orders'));
      expect([status, warnings.includes('[NotInjected]')]).toEqual([201, true]);
      await installed.startWebhook();
    });

    test('the guard is seen to audit; a binding that denies is told by /readyz, metric and log', async () => {
      const denies = async (): Promise<string> =>
        /^rolechain_audit_guard_denies (\S+)$/m.exec(
          await (await fetch(`${installed.webhook().healthURL}/metrics`)).text(),
        )?.[1] ?? '';
      await until('the bindings are read', PATIENCE_MS, async () => (await denies()) === '0');
      for (const name of GUARD_BINDINGS) {
        const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/${name}`;
        await installed.api.patch(path, { spec: { validationActions: ['Deny'] } });
      }
      // A webhook that starts beside it, as where the setting alone was changed.
      await installed.stopWebhook();
      await installed.startWebhook('refused by the guard');
      await until('it is told', PATIENCE_MS, async () => (await denies()) === '1');
      const ready = (await (await fetch(`${installed.webhook().healthURL}/readyz`)).json()) as object;
      expect(ready).toMatchObject({ status: 'guarded', reasons: [{ code: 'GuardDenies' }] });
      expect(installed.webhook().log()).toMatch(
        /"code":"GuardDenies","bindings":\["rolechain-guard","rolechain-guard-opted-in"\]/,
      );
    });

    test('without the right to read the bindings the webhook says that it does not know', async () => {
      const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/rolechain-webhook';
      const { rules } = JSON.parse((await installed.api.get(path)).body) as { rules: { resources: string[] }[] };
      const left = rules.filter(({ resources }) => !resources.includes('validatingadmissionpolicybindings'));
      expect(left).toHaveLength(rules.length - 1);
      await installed.api.patch(path, { rules: left });
      await installed.stopWebhook();
      await installed.startWebhook('refused by the guard');
      const { healthURL } = installed.webhook();
      await until('it is told', PATIENCE_MS, async () =>
        (await (await fetch(`${healthURL}/readyz`)).text()).includes('GuardUnknown'),
      );
      expect(await (await fetch(`${healthURL}/metrics`)).text()).toMatch(/^rolechain_audit_guard_denies NaN$/im);
    });
  });
});
