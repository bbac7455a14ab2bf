/** The overlay default-role on a real apiserver: webhook, check of Namespaces and guard agree on whom a default role is for. */
import { join } from 'node:path';
import { ANNOTATIONS, FOREIGN_KEYS } from '@rolechain/shared';
import { describe as sentence } from '@rolechain/webhook';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { ROLE, account, annotated, install, namespace, type Installed } from './installed.ts';
import { outcomeOf, pod } from './pods.ts';

const { assumeRole, assumeRoleAccounts, inject, skipped } = ANNOTATIONS;
const BASE = { [FOREIGN_KEYS.eksRoleARN]: ROLE };
type Texts = Readonly<Record<string, string>>;

/** Account, its annotations, and whether it gets a role in each Namespace. */
const ACCOUNTS: readonly (readonly [name: string, annotations: Texts, ofAll: boolean, ofSome: boolean])[] = [
  ['orders', {}, true, true],
  ['other', {}, true, false],
  ['team-a', {}, true, true],
  ['own', { [assumeRole.key]: ROLE }, true, true],
  ['none', { [assumeRole.key]: 'none' }, false, false],
  ['based', BASE, false, true],
  ['team-based', BASE, false, false],
];
const NAMESPACES: Readonly<Record<string, Texts>> = {
  'of-all': { [assumeRole.key]: ROLE },
  'of-some': { [assumeRole.key]: ROLE, [assumeRoleAccounts.key]: 'orders based none\nteam-* [broken' },
  'of-none': { [assumeRole.key]: 'none' },
};
const rows = ACCOUNTS.flatMap(([name, , ofAll, ofSome]): [string, string, boolean][] => [
  ['of-all', name, ofAll],
  ['of-some', name, ofSome],
  ['of-none', name, name === 'own'],
]);

describeWithBinaries('a default role of Namespaces', ({ kubectl }) => {
  describeWithCluster('with the overlay default-role', (cluster) => {
    let installed: Installed;
    const ask = (inNamespace: string, name: string, changes?: Parameters<typeof pod>[2]) =>
      outcomeOf(installed.api, pod(inNamespace, name, changes));

    beforeAll(async () => {
      const namespaces = Object.entries(NAMESPACES).map(([name, texts]) => annotated(namespace(name), texts));
      const manifests = kustomize(kubectl, join(ROOT, 'manifests/overlays/default-role'));
      const allowedServiceAccounts = [...ACCOUNTS, ['plain']].map(([name]) => ({ namespace: '*', name }));
      // Stored before the check of Namespaces was there, which refuses what is not a glob.
      const all = [...namespaces, ...manifests];
      installed = await install(cluster(), {
        manifests: all,
        settings: { namespaceDefaultRole: true, allowedServiceAccounts },
      });
      const accounts = Object.keys(NAMESPACES).flatMap((inNamespace) =>
        ACCOUNTS.map(([name, texts]) => annotated(account(inNamespace, name), texts)),
      );
      await applyAll(cluster().kubeConfig, [...accounts, account('of-all', 'barred')]);
    });
    afterAll(() => installed.stop());

    test.each(rows)('%s/%s: injected: %s', async (inNamespace, name, asks) => {
      expect((await ask(inNamespace, name)).outcome).toBe(asks ? 'injected' : 'plain');
    });

    test('a conflict skips the pod, and the guard lets it pass', async () => {
      const { outcome, annotations } = await ask('of-all', 'orders', { spec: { hostNetwork: true } });
      expect([outcome, annotations]).toEqual(['plain', expect.objectContaining({ [skipped.key]: 'HostNetwork' })]);
      const own = await ask('of-all', 'own', { spec: { hostNetwork: true } });
      expect(own.outcome).toBe('refused by the webhook');
    });

    test('an account that the admin does not let ask gets none, and the guard lets its pod pass', async () => {
      const { outcome, annotations } = await ask('of-all', 'barred', { spec: { hostNetwork: true } });
      expect([outcome, annotations]).toEqual(['plain', { [skipped.key]: 'DefaultNotAllowed' }]);
    });

    test('what is written on a Namespace is checked', async () => {
      const write = (annotations: Readonly<Record<string, string | null>>) =>
        installed.api.patch('/api/v1/namespaces/of-none', { metadata: { annotations } });
      for (const [annotations, code] of [
        [{ [assumeRole.key]: 'no role' }, 'DefaultRoleInvalid'],
        [{ [assumeRoleAccounts.key]: 'orders[' }, 'DefaultAccountsInvalid'],
      ] as const) {
        const { status, body } = await write(annotations);
        expect([status, body]).toEqual([422, expect.stringContaining(`[${code}]`)]);
      }
      expect(await write({ [assumeRoleAccounts.key]: 'orders team-*' })).toMatchObject({ status: 200 });
    });

    describe('and the webhook out', () => {
      beforeAll(() => installed.stopWebhook());

      test.each(rows)('%s/%s: refused: %s', async (inNamespace, name, asks) => {
        expect((await ask(inNamespace, name)).outcome).toBe(asks ? 'refused by the guard' : 'plain');
      });

      test('its message is the one of the table, without the text of the Namespace', async () => {
        const { message } = await ask('of-some', 'orders');
        const who = { namespace: 'of-some', name: 'orders', annotations: {}, byDefault: true } as const;
        expect(message).toBe(sentence([{ reason: 'NotInjected', detail: '' }], who));
        expect(message).not.toContain(ROLE);
      });

      test('a pod that opts out is admitted', async () => {
        expect((await ask('of-all', 'orders', { annotations: { [inject.key]: 'false' } })).outcome).toBe('plain');
      });

      test('a default that is taken away refuses nobody any more', async () => {
        const metadata = { annotations: { [assumeRole.key]: null } };
        expect(await installed.api.patch('/api/v1/namespaces/of-all', { metadata })).toMatchObject({ status: 200 });
        await until(
          'the guard has heard',
          PATIENCE_MS,
          async () => (await ask('of-all', 'orders')).outcome === 'plain',
        );
      });
    });
  });
});
