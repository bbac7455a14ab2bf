/**
 * The guard on a real apiserver, with the manifests as they are and the webhook from its bundle: while the webhook is
 * out, pods that ask for a role are refused, and no other pod is.
 */
import { AdmissionregistrationV1Api } from '@kubernetes/client-node';
import { ANNOTATIONS, FOREIGN_KEYS, SIDECAR } from '@rolechain/shared';
import { describe as sentence } from '@rolechain/webhook';
import { describeWithCluster } from '../cluster/jest.ts';
import { labellingWebhook, register, type LabellingWebhook } from '../cluster/testing/webhook.ts';
import { applyAll } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { failedOpen } from './api.ts';
import { ROLE, account, install, namespace, type Installed } from './installed.ts';
import { OUTAGES } from './outages.ts';
import { container, outcomeOf, pod, type Changes, type Result } from './pods.ts';

/**
 * On top of what the calls may take: the rest of a pod's creation, however busy the machine is. Less than what a call
 * without the time-out would take, which has no end.
 */
const SLACK_MS = 50_000;
const WEBHOOK = 'pods.rolechain.io';
const OPTED_IN = `opted-in.${WEBHOOK}`;

const notInjected = (inNamespace: string, name: string): string =>
  sentence([{ reason: 'NotInjected', detail: '' }], { namespace: inNamespace, name, annotations: {} });
/** The namespace whose pods another webhook changes after ours was called: then ours is called again. */
const RELABELLED = 'relabelled';
const sidecar = { ...container(SIDECAR.name), restartPolicy: 'Always' };

describeWithCluster('the guard', (cluster) => {
  let installed: Installed;
  let labeller: LabellingWebhook;
  let timeoutSeconds: number;
  const ask = (object: KubeObject): Promise<Result> => outcomeOf(installed.api, object);
  /** Again while the guard stands in: within 2 s a busy machine may not answer, and controllers ask again too. */
  const askUntilHeard = async (object: KubeObject): Promise<Result> => {
    let result: Result | undefined;
    await until('the webhook is heard', PATIENCE_MS, async () => {
      result = await ask(object);
      return result.outcome !== 'refused by the guard';
    });
    return result!;
  };
  const outcomes = async (objects: Readonly<Record<string, KubeObject>>): Promise<Record<string, string>> => {
    const all = Object.entries(objects).map(async ([name, object]) => [name, (await ask(object)).outcome] as const);
    return Object.fromEntries(await Promise.all(all));
  };
  const expected = (objects: Readonly<Record<string, KubeObject>>, outcome: Result['outcome']) =>
    Object.fromEntries(Object.keys(objects).map((name) => [name, outcome]));

  beforeAll(async () => {
    installed = await install(cluster(), { timeout: 'as shipped' });
    await applyAll(cluster().kubeConfig, [
      ...[namespace('mirrored'), account('mirrored', 'default', ROLE)],
      ...[account('kube-system', 'orders', ROLE), account(NAMESPACE, 'orders', ROLE)],
      ...[account('kube-system', 'plain'), account(NAMESPACE, 'plain')],
      ...[namespace(RELABELLED), account(RELABELLED, 'plain')],
    ]);
    labeller = await labellingWebhook(`zz-last.${RELABELLED}.svc`);
    await register(cluster().kubeConfig, RELABELLED, 'zz-last', labeller);
    const api = cluster().kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    const { webhooks = [] } = await api.readMutatingWebhookConfiguration({ name: 'rolechain' });
    timeoutSeconds = webhooks.find(({ name }) => name === WEBHOOK)?.timeoutSeconds ?? 0;
    expect(timeoutSeconds).toBe(2);
  });
  afterAll(async () => {
    await labeller.close();
    await installed.stop();
  });

  /** Pods that the webhook leaves alone, and why. */
  const LEFT_ALONE: Readonly<Record<string, KubeObject>> = {
    'an account without the annotation': pod('shop', 'plain'),
    'inject: "false"': pod('shop', 'orders', { annotations: { [ANNOTATIONS.inject.key]: 'false' } }),
    'a mirror pod, which has no account': mirrorPod(),
  };

  describe.each(OUTAGES)('with the webhook $name', ({ begin, hangs }) => {
    let end: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      end = await begin(installed);
    });
    afterAll(() => end?.());

    test('a pod whose account asks for a role is refused, and told what to do', async () => {
      const { outcome, message } = await ask(pod('shop', 'orders'));
      expect([outcome, message]).toEqual(['refused by the guard', notInjected('shop', 'orders')]);
      expect(message).toContain('kubectl get ');
      expect(message).not.toContain(ROLE);
    });

    test('every other pod is admitted, after at most timeoutSeconds a call', async () => {
      const before = await failedOpen(installed.api, WEBHOOK);
      const pods = Object.entries(LEFT_ALONE).map(([name, object]) => ({ name, object, calls: 1 }));
      const relabelled = { name: 'another webhook changes it', object: pod(RELABELLED, 'plain'), calls: 2 };
      const all = [...pods, relabelled];
      const taken = await Promise.all(
        all.map(async ({ name, object, calls }) => {
          const started = performance.now();
          const { outcome } = await ask(object);
          return { name, outcome, calls, took: performance.now() - started };
        }),
      );
      expect(taken.map(({ name, outcome }) => [name, outcome])).toEqual(all.map(({ name }) => [name, 'plain']));
      const expectedCalls = all.reduce((sum, { calls }) => sum + calls, 0);
      expect((await failedOpen(installed.api, WEBHOOK)) - before).toBe(expectedCalls);
      for (const { calls, took } of taken) {
        expect(took).toBeLessThan(calls * timeoutSeconds * 1000 + SLACK_MS);
        // Else nothing hung, and the bound above says nothing.
        if (hangs) expect(took).toBeGreaterThan(calls * timeoutSeconds * 900);
      }
    });
  });

  describe('with the webhook out', () => {
    let end: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      end = await OUTAGES.find(({ hangs }) => !hangs)?.begin(installed);
    });
    afterAll(() => end?.());
    const orders = (changes: Changes) => pod('shop', 'orders', changes);

    test('it takes a native sidecar of our name for ours, and what the webhook writes for written by the webhook', async () => {
      const admitted = {
        'a copy of an injected pod': orders({ spec: { initContainers: [sidecar] } }),
        'after another init container': orders({ spec: { initContainers: [container('first'), sidecar] } }),
        skipped: orders({ annotations: { [ANNOTATIONS.skipped.key]: 'NoContainerSelected' } }),
      };
      expect(await outcomes(admitted)).toEqual(expected(admitted, 'plain'));
    });

    test('nothing else passes for it', async () => {
      const refused = {
        'inject: "true"': orders({ annotations: { [ANNOTATIONS.inject.key]: 'true' } }),
        'the annotation status': orders({ annotations: { [ANNOTATIONS.status.key]: '{}' } }),
        'an init container of our name': orders({ spec: { initContainers: [container(SIDECAR.name)] } }),
        'a container of our name': orders({ spec: { containers: [container(SIDECAR.name)] } }),
        'a sidecar of another name': orders({ spec: { initContainers: [{ ...sidecar, name: 'proxy' }] } }),
        "another's annotation": orders({ annotations: { 'example.com/skipped': 'x' } }),
        'the account by default': pod('mirrored', 'default', { spec: { serviceAccountName: undefined } }),
      };
      expect(await outcomes(refused)).toEqual(expected(refused, 'refused by the guard'));
    });

    test('a pod of a namespace that was made just now is not refused', async () => {
      for (let made = 0; made < 20; made++) {
        const name = `new-${made}`;
        await installed.api.post('/api/v1/namespaces', namespace(name));
        await installed.api.post(`/api/v1/namespaces/${name}/serviceaccounts`, account(name, 'plain'));
        expect((await ask(pod(name, 'plain'))).outcome).toBe('plain');
      }
    });
  });

  test('with the webhook there, what it skips passes', async () => {
    const skipped = await askUntilHeard(
      pod('shop', 'orders', { annotations: { [ANNOTATIONS.skipContainers.key]: 'app' } }),
    );
    expect(skipped.outcome).toBe('plain');
    expect(skipped.annotations).toMatchObject({ [ANNOTATIONS.skipped.key]: 'NoContainerSelected' });
    expect(await outcomes(LEFT_ALONE)).toEqual(expected(LEFT_ALONE, 'plain'));
  });

  test.each(['kube-system', NAMESPACE])('%s is left out until it is labelled', async (name) => {
    const asking = (): Promise<Result> => ask(pod(name, 'orders'));
    expect((await asking()).outcome).toBe('plain');
    await label(name, 'true');
    await until('it is injected', PATIENCE_MS, async () => (await asking()).outcome === 'injected');

    const end = await OUTAGES.find(({ hangs }) => !hangs)!.begin(installed);
    const before = await failedOpen(installed.api, OPTED_IN);
    expect(await asking()).toMatchObject({ outcome: 'refused by the guard', message: notInjected(name, 'orders') });
    expect((await ask(pod(name, 'plain'))).outcome).toBe('plain');
    expect((await failedOpen(installed.api, OPTED_IN)) - before).toBe(2);

    await label(name, 'false');
    await until('it is left out again', PATIENCE_MS, async () => (await asking()).outcome === 'plain');
    const uncalled = await failedOpen(installed.api, OPTED_IN);
    await asking();
    expect(await failedOpen(installed.api, OPTED_IN)).toBe(uncalled);
    await end();
  });

  async function label(name: string, value: string): Promise<void> {
    await installed.api.patch(`/api/v1/namespaces/${name}`, {
      metadata: { labels: { 'rolechain.io/enabled': value } },
    });
  }
});

/** As a kubelet would write it: of no account and without a token. Its namespace's `default` asks for a role. */
function mirrorPod(): KubeObject {
  const changes = { annotations: { [FOREIGN_KEYS.mirrorPod]: 'x' }, spec: { nodeName: 'n', serviceAccountName: '' } };
  return pod('mirrored', '', changes);
}
