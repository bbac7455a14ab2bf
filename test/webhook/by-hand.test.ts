/**
 * Certificates and configurations touched by hand, under two replicas behind one Service and a real apiserver: pods are asked
 * for all along, and each is either injected or refused by the guard. The order of what follows is judged, the time printed.
 */
import { statusOf } from '@rolechain/certs';
import { AdmissionregistrationV1Api, CoreV1Api } from '@kubernetes/client-node';
import { describeWithCluster } from '../cluster/jest.ts';
import { openApi, type Api } from '../guard/api.ts';
import { ROLE, account, namespace } from '../guard/installed.ts';
import { outcomeOf, pod } from '../guard/pods.ts';
import { applyAll, installManifests, leadServiceTo, startWebhook, type WebhookProcess } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { startBalancer, type Balancer } from './balancer.ts';
import { digest, leafOf, lineWith, metric, readiness } from './replica.ts';

const NAME = 'rolechain';
const SECRET = { namespace: NAMESPACE, name: 'rolechain-webhook-tls' };
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const KINDS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;
type Kind = (typeof KINDS)[number];
/** Pods that have to be injected in a row, over both replicas, before a change counts as mended. */
const ENOUGH = 20;
/** The program under test: another one for a look at how it was. */
const BUNDLE = process.env.ROLECHAIN_TEST_WEBHOOK;

interface Configuration extends KubeObject {
  webhooks: { clientConfig: { caBundle?: string } }[];
}

describeWithCluster('touched by hand, with two replicas', (cluster) => {
  let api: Api;
  let balancer: Balancer;
  let replicas: readonly WebhookProcess[] = [];
  const rows: string[] = [];
  let releases = 0;

  const pathOf = (kind: Kind): string => `${ADMISSION}/${kind.toLowerCase()}s/${NAME}`;
  const read = async (kind: Kind): Promise<Configuration | undefined> => {
    const { status, body } = await api.get(pathOf(kind));
    return status === 200 ? (JSON.parse(body) as Configuration) : undefined;
  };
  const bundlesOf = async (kind: Kind): Promise<string[]> =>
    ((await read(kind))?.webhooks ?? []).map(({ clientConfig }) => clientConfig.caBundle ?? '');
  const secret = async () => (await core().readNamespacedSecret(SECRET)).data ?? {};
  const core = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);
  const logs = (): string => replicas.map(({ log }) => log()).join('');

  /** The file as it came from manifests/, as `kubectl replace` and Argo CD's Replace=true write it. */
  const fileOf = async (kind: Kind): Promise<Configuration> => {
    const found = await read(kind);
    if (!found) throw new Error(`no ${kind}`);
    const { apiVersion, metadata, webhooks } = found;
    for (const { clientConfig } of webhooks) delete clientConfig.caBundle;
    // An update must name what it is of; to a new object it says nothing.
    const { resourceVersion } = metadata as { resourceVersion?: string };
    // Something of its own, or the API has no entry of who wrote it.
    const labels = { release: `${++releases}` };
    return { apiVersion, kind, metadata: { name: NAME, resourceVersion, labels }, webhooks };
  };
  /** Again where the webhook has written to it meanwhile. */
  const replace = async (kind: Kind): Promise<void> => {
    const configurations = cluster().kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    for (;;) {
      const asked = { name: NAME, body: (await fileOf(kind)) as never, fieldManager: 'argocd-controller' };
      try {
        if (kind === 'MutatingWebhookConfiguration') await configurations.replaceMutatingWebhookConfiguration(asked);
        else await configurations.replaceValidatingWebhookConfiguration(asked);
        return;
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
      }
    }
  };

  /** What becomes of one pod, and of one ServiceAccount that nobody may write. */
  const isInjected = async (): Promise<boolean> => (await outcomeOf(api, pod('shop', 'orders'))).outcome === 'injected';
  const isJudged = async (): Promise<boolean> => {
    const wrong = account('shop', 'wrong', 'no role');
    const { status } = await api.post('/api/v1/namespaces/shop/serviceaccounts?dryRun=All', wrong);
    return status !== 201;
  };
  const inARow = async (good: () => Promise<boolean>): Promise<{ refused: number; sinceMs: number }> => {
    let [row, refused] = [0, 0];
    let since = performance.now();
    await until(`${ENOUGH} in a row`, PATIENCE_MS, async () => {
      while (row < ENOUGH && (await good())) row++;
      if (row < ENOUGH) [row, refused, since] = [0, refused + 1, performance.now()];
      return row >= ENOUGH;
    });
    return { refused, sinceMs: since };
  };

  /** Asks for pods and accounts while something is done, until both are as before. */
  async function mended(what: string, by: () => Promise<void>): Promise<{ refused: number; unjudged: number }> {
    await by();
    const started = performance.now();
    const { refused, sinceMs } = await inARow(isInjected);
    const { refused: unjudged } = await inARow(isJudged);
    const ms = Math.max(0, sinceMs - started).toFixed(0);
    rows.push(`${what}: the last pod refused after ${ms} ms, ${refused} in all; ${unjudged} accounts not judged`);
    return { refused, unjudged };
  }

  /** The leaf of each replica, as an apiserver would see it. */
  const served = (): Promise<string[]> => Promise.all(replicas.map(({ port }) => leafOf(port)));

  beforeAll(async () => {
    const port = await freePort();
    await applyAll(cluster().kubeConfig, await installManifests());
    await leadServiceTo(cluster().kubeConfig, port);
    await applyAll(cluster().kubeConfig, [namespace('shop'), account('shop', 'orders', ROLE)]);
    api = await openApi(cluster().kubeConfig);
    const kubeconfig = await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
    const start = async (): Promise<WebhookProcess> =>
      startWebhook({ port: await freePort(), kubeconfig, ...(BUNDLE !== undefined && { bundle: BUNDLE }) });
    replicas = [await start(), await start()];
    balancer = await startBalancer(
      port,
      replicas.map((replica) => replica.port),
    );
    await inARow(isInjected);
    await inARow(isJudged);
  });
  afterAll(async () => {
    process.stdout.write(`\nTouched by hand, two replicas\n  ${rows.join('\n  ')}\n`);
    api.close();
    await Promise.all(replicas.map(({ stop }) => stop()));
    await balancer.close();
  });

  test.each(KINDS)('%s replaced by the file, which has no caBundle', async (kind) => {
    const before = await bundlesOf(kind);
    await mended(`${kind} replaced`, () => replace(kind));
    expect(await bundlesOf(kind)).toEqual(before);
    const line = lineWith(logs(), 'the caBundle was changed', kind);
    expect(line).toMatchObject({
      code: 'CABundleUnpublished',
      kind,
      writers: expect.arrayContaining(['argocd-controller']),
    });
  });

  test.each(KINDS)('%s deleted, and applied again', async (kind) => {
    const before = await bundlesOf(kind);
    const file = await fileOf(kind);
    delete (file.metadata as { resourceVersion?: string }).resourceVersion;
    const apply = (): Promise<void> => applyAll(cluster().kubeConfig, [file]);
    await api.remove(pathOf(kind));
    try {
      for (const { healthURL, log } of replicas) {
        await until('each says so', PATIENCE_MS, async () => (await readiness(healthURL)) === NOT_CALLED);
        expect(await metric(healthURL, kind)).toBe(0);
        await until('and its log does', PATIENCE_MS, () => lineWith(log(), 'will retry', kind) !== undefined);
        expect(lineWith(log(), 'will retry', kind)).toMatchObject({ code: 'WebhookConfigurationMissing' });
      }
      if (kind === 'MutatingWebhookConfiguration') {
        const { outcome, message } = await outcomeOf(api, pod('shop', 'orders'));
        expect(outcome).toBe('refused by the guard');
        expect(message).toMatch('kubectl get deployment,mutatingwebhookconfiguration -A');
      }
    } finally {
      await mended(`${kind} applied again`, apply);
    }
    expect(await bundlesOf(kind)).toEqual(before);
    for (const { healthURL } of replicas) {
      await until('each says that all is well', PATIENCE_MS, async () => (await readiness(healthURL)) === '200 ok');
      expect(await metric(healthURL, kind)).toBe(1);
    }
  });

  test('the Secret deleted: a new CA, and no pod is refused meanwhile', async () => {
    const [before] = await served();
    const stop = new AbortController();
    const asking = allAlong(stop.signal);
    await core().deleteNamespacedSecret(SECRET);
    const deleted = performance.now();
    try {
      await until('both serve a new leaf', PATIENCE_MS, async () => {
        const [first, second] = await served();
        return first === second && first !== before;
      });
      rows.push(`Secret deleted: both serve the new leaf after ${(performance.now() - deleted).toFixed(0)} ms`);
      // The old CA is kept for a while: the other replica may not serve the new leaf yet.
      const authority = (await secret())['ca.crt'] ?? '';
      await until('the bundle is the new CA alone', PATIENCE_MS, async () =>
        (await Promise.all(KINDS.map(bundlesOf))).flat().every((bundle) => bundle === authority),
      );
    } finally {
      stop.abort();
    }
    const { injected, refused } = await asking;
    rows.push(`Secret deleted: ${injected} pods injected, ${refused} refused`);
    expect({ some: injected > 0, refused }).toEqual({ some: true, refused: 0 });
    expect(await mended('Secret deleted, afterwards', () => Promise.resolve())).toEqual({ refused: 0, unjudged: 0 });
  });

  test('a Secret of foreign content, and the bundle emptied with it', async () => {
    const foreign = Buffer.from('-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n').toString('base64');
    const data = { 'tls.crt': foreign, 'tls.key': foreign, 'ca.crt': foreign };
    await mended('Secret of foreign content, both bundles emptied', async () => {
      await api.patch(`/api/v1/namespaces/${NAMESPACE}/secrets/${SECRET.name}`, { data });
      for (const kind of KINDS) await replace(kind);
    });
    await until('both serve what the bundle vouches for', PATIENCE_MS, async () => {
      const { 'tls.crt': leaf = '', 'ca.crt': authority } = await secret();
      const bundles = (await Promise.all(KINDS.map(bundlesOf))).flat();
      return (
        bundles.every((bundle) => bundle === authority) && (await served()).every((found) => found === digest(leaf))
      );
    });
  });

  test('a program that empties the bundle as soon as it is there makes no tight loop', async () => {
    const kind = 'MutatingWebhookConfiguration';
    const stop = new AbortController();
    let emptied = 0;
    const started = performance.now();
    const writes = await writesOf(kind);
    const told = (): number => logs().split('the caBundle was changed').length;
    const toldBefore = told();
    const fight = (async () => {
      while (!stop.signal.aborted) {
        if ((await bundlesOf(kind)).every((bundle) => bundle === '')) continue;
        // Written meanwhile: it looks again.
        emptied += await replace(kind).then(
          () => 1,
          () => 0,
        );
      }
    })();
    try {
      await until('it has done so often', PATIENCE_MS, () => emptied > 12);
    } finally {
      stop.abort();
      await fight;
    }
    const seconds = (performance.now() - started) / 1000;
    // Of each replica 5 at once, then one each 2 s: what took longer may have had more.
    expect((await writesOf(kind)) - writes).toBeLessThanOrEqual(2 * (5 + seconds / 2 + 2));
    expect(told() - toldBefore).toBeLessThan(emptied);
    await mended('after a fight', () => Promise.resolve());
  });

  // The last one: a ServiceAccount that is made again has other tokens than those of the running replicas.
  test("the webhook's ServiceAccount deleted: what is served goes on being vouched for, and /readyz says so", async () => {
    await api.remove(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts/rolechain-webhook`);
    // Twice in a row: between what a look asks for the apiserver may forget a token that it knew.
    const isUnknown = ({ log }: WebhookProcess): boolean =>
      log()
        .split('\n')
        .some((line) => ['certificates: will retry', 'HTTP 401', '"failures":2'].every((part) => line.includes(part)));
    let looked = 0;
    await until('each meets an apiserver that does not know it', PATIENCE_MS, async () => {
      // Their watches go on for a while: they look.
      await api.patch(pathOf(KINDS[0]), { metadata: { labels: { looked: `${++looked}` } } });
      return replicas.every(isUnknown);
    });
    for (const { healthURL } of replicas) {
      expect(await readiness(healthURL)).toBe('200 ok');
      for (const kind of KINDS) expect(await metric(healthURL, kind)).toBe(1);
    }
    const { 'tls.crt': leaf = '', 'ca.crt': authority } = await secret();
    expect(await served()).toEqual(replicas.map(() => digest(leaf)));
    const bundles = (await Promise.all(KINDS.map(bundlesOf))).flat();
    expect(bundles).toEqual(bundles.map(() => authority));
  });

  async function allAlong(signal: AbortSignal): Promise<{ injected: number; refused: number }> {
    const count = { injected: 0, refused: 0 };
    while (!signal.aborted) count[(await isInjected()) ? 'injected' : 'refused']++;
    return count;
  }

  async function writesOf(kind: Kind): Promise<number> {
    const all = await Promise.all(
      replicas.map(({ healthURL }) => metric(healthURL, kind, 'rolechain_ca_bundle_writes_total')),
    );
    return all.reduce((sum, one) => sum + one, 0);
  }
});

const NOT_CALLED = '200 not called WebhookConfigurationMissing';
