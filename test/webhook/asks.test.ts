/**
 * What the real webhook asks of the Kubernetes API, on the double: it becomes ready, nothing stays unanswered, and by
 * the end it has asked for everything that the manifests let it ask for.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ANNOTATIONS, ENV, FOREIGN_KEYS } from '@rolechain/shared';
import { startKubeDouble, type KubeDouble } from '@rolechain/doubles/kube.ts';
import { ruleOf, RULES } from '@rolechain/doubles/kube/rules.ts';
import { installManifests, startWebhook } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { reviewPod, type Reviewed } from '../fixture/review.ts';

const ROLE = 'arn:aws:iam::222222222222:role/orders';
const CONFIGURATIONS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
const NODE: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1', labels: { [FOREIGN_KEYS.nodeRegionLabel]: 'eu-central-1' } },
};
/** As manifests may bring it: the webhook then updates it, where else it creates it. */
const EMPTY_SECRET: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'rolechain-webhook-tls', namespace: NAMESPACE },
};
/** In a namespace that no list has. */
const ACCOUNT: KubeObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { namespace: 'shop', name: 'orders', annotations: { [ANNOTATIONS.assumeRole.key]: ROLE } },
};
const podOf = (serviceAccountName: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'p' },
  spec: { serviceAccountName, containers: [{ name: 'app', image: 'a' }] },
});

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Started {
  readonly double: KubeDouble;
  /** What the webhook answers to the pod of an account. */
  readonly admit: (account: string) => Promise<Reviewed>;
}

/** Starts both; the webhook learns its Region from the Node. */
async function start(objects: readonly KubeObject[], settings: object = {}): Promise<Started> {
  const double = await startKubeDouble({ objects: [...(await installManifests()), NODE, ...objects] });
  ends.push(double.close);
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-asks-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, double.kubeconfig, { mode: 0o600 });
  const port = await freePort();
  const { stop } = await startWebhook({
    ...{ port, kubeconfig, hopeless: () => double.unanswered[0] },
    settings: { region: undefined, ...settings },
    env: { [ENV.nodeName]: 'node-1' },
  });
  ends.push(stop);
  return { double, admit: (account) => reviewPod(double, port, podOf(account)) };
}

test('it becomes ready on the double, which answers everything, and needs every right that it has', async () => {
  const first = await start([ACCOUNT]);
  // What no list had is read live: an account, and the Namespace of one that asks for a role.
  expect(await first.admit('unlisted')).toEqual({ pod: podOf('unlisted') });
  expect((await first.admit('orders')).refusal).toMatch('LookupFailed');
  // By this mode alone the bindings of the guard are looked at.
  const second = await start([EMPTY_SECRET], { mode: 'audit' });
  // No readiness waits for the watches of its own objects.
  await until('it watches its own objects, and has looked at the guard', PATIENCE_MS, () => {
    const watched = second.double.asked.flatMap(({ of, url }) =>
      of?.verb === 'watch' && !url.searchParams.has('sendInitialEvents') ? [of.resource] : [],
    );
    const looked = second.double.asked.some(({ of }) => of?.resource === 'validatingadmissionpolicybindings');
    return looked && ['secrets', ...CONFIGURATIONS].every((resource) => watched.includes(resource));
  });
  // Neither the keys nor a megabyte of what somebody wrote there comes by a watch.
  const watching = second.double.asked.filter(({ of }) => of?.resource === 'secrets' && /list|watch/.test(of.verb));
  expect(new Set(watching.map(({ accept }) => accept.includes('as=PartialObjectMetadata')))).toEqual(new Set([true]));

  expect([...first.double.unanswered, ...second.double.unanswered]).toEqual([]);
  const used = new Map(RULES.map((rule) => [rule, new Set<string>()]));
  for (const { of } of [...first.double.asked, ...second.double.asked]) {
    const rule = of && ruleOf(of);
    if (rule) used.get(rule)?.add(of.verb);
  }
  expect([...used].map(([rule, verbs]) => ({ ...rule, verbs: [...verbs].sort() }))).toEqual(
    RULES.map((rule) => ({ ...rule, verbs: [...rule.verbs].sort() })),
  );
});
