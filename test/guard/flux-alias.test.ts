/** The overlay flux-alias on a real apiserver: webhook, check of accounts and guard agree on who asks for a role. */
import { join } from 'node:path';
import { ANNOTATIONS, FOREIGN_KEYS } from '@rolechain/shared';
import { asksForRole } from '@rolechain/webhook';
import { describeWithBinaries, describeWithCluster } from '../cluster/jest.ts';
import { ROOT, applyAll } from '../fixture/install.ts';
import { kustomize } from '../fixture/kustomize.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { ROLE, account, install, type Installed } from './installed.ts';
import { outcomeOf, pod } from './pods.ts';

const OURS = ANNOTATIONS.assumeRole.key;
const FLUX = FOREIGN_KEYS.fluxAssumeRole;
const FLUX_ROLE = JSON.stringify({ roleARN: ROLE });
const PATH = '/api/v1/namespaces/shop/serviceaccounts';

const ACCOUNTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ours-alone': { [OURS]: ROLE },
  'flux-alone': { [FLUX]: FLUX_ROLE },
  both: { [OURS]: ROLE, [FLUX]: FLUX_ROLE },
  'flux-empty': { [FLUX]: '' },
  'ours-and-flux-empty': { [OURS]: ROLE, [FLUX]: '' },
  'none-and-flux': { [OURS]: 'none', [FLUX]: FLUX_ROLE },
  none: { [OURS]: 'none' },
  neither: { 'example.com/assume-role': ROLE },
};

describeWithBinaries("Flux's annotation", ({ kubectl }) => {
  describeWithCluster('with the overlay flux-alias', (cluster) => {
    let installed: Installed;
    const outcome = async (name: string) => (await outcomeOf(installed.api, pod('shop', name))).outcome;
    const names = Object.keys(ACCOUNTS);
    const asks = (name: string): boolean =>
      asksForRole({ namespace: 'shop', name, annotations: ACCOUNTS[name] ?? {} }, { fluxAlias: true });

    beforeAll(async () => {
      const manifests = kustomize(kubectl, join(ROOT, 'manifests/overlays/flux-alias'));
      installed = await install(cluster(), { manifests, settings: { fluxAlias: true } });
      await applyAll(cluster().kubeConfig, Object.entries(ACCOUNTS).map(annotated));
    });
    afterAll(() => installed.stop());

    test.each(names)('%s: injected exactly if it asks', async (name) => {
      expect(await outcome(name)).toBe(asks(name) ? 'injected' : 'plain');
    });

    test('an account is checked when either key is there and one has changed', async () => {
      const write = (metadata: object) => installed.api.patch(`${PATH}/neither`, { metadata });
      expect(await write({ annotations: { [FLUX]: 'no document' } })).toMatchObject({
        status: 422,
        body: expect.stringContaining('annotations.rolechain.io') as string,
      });
      expect(await write({ annotations: { [FLUX]: FLUX_ROLE } })).toMatchObject({ status: 200 });
      expect(await write({ annotations: { [OURS]: `${ROLE}-other` } })).toMatchObject({ status: 422 });
      const checked = await checks();
      // Neither key has changed, or neither is there.
      expect(await write({ labels: { some: 'label' } })).toMatchObject({ status: 200 });
      expect(await write({ annotations: { [FLUX]: null } })).toMatchObject({ status: 200 });
      expect(await checks()).toBe(checked);
    });

    describe('and the webhook out', () => {
      beforeAll(() => installed.stopWebhook());

      test.each(names)('%s: refused exactly if it asks', async (name) => {
        expect(await outcome(name)).toBe(asks(name) ? 'refused by the guard' : 'plain');
      });
    });

    /** How often the apiserver has called for an account. */
    async function checks(): Promise<number> {
      const { body } = await installed.api.get('/metrics');
      const counts = body.matchAll(
        /^apiserver_admission_webhook_request_total\{.*name="annotations.rolechain.io".*\} (\d+)$/gm,
      );
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    }
  });
});

function annotated([name, annotations]: [string, Readonly<Record<string, string>>]): KubeObject {
  const plain = account('shop', name);
  return { ...plain, metadata: { ...plain.metadata, annotations } };
}
