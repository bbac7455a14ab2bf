/** What the webhook's ServiceAccount may do, and may not, by the manifests as they are. */
import { AuthorizationV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll, installManifests } from '../fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';

interface Wish {
  readonly verb: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly name?: string;
}

const GROUP = 'admissionregistration.k8s.io';
const TLS = 'rolechain-webhook-tls';

const MAY: Wish[] = [
  { verb: 'list', resource: 'serviceaccounts' },
  { verb: 'watch', resource: 'serviceaccounts' },
  { verb: 'get', resource: 'serviceaccounts', namespace: 'shop', name: 'orders' },
  { verb: 'list', resource: 'limitranges' },
  { verb: 'watch', resource: 'limitranges' },
  { verb: 'get', resource: 'nodes', name: 'node-1' },
  { verb: 'create', resource: 'events', group: 'events.k8s.io', namespace: 'shop' },
  { verb: 'patch', resource: 'events', group: 'events.k8s.io', namespace: 'shop', name: 'orders' },
  { verb: 'get', resource: 'mutatingwebhookconfigurations', group: GROUP, name: 'rolechain' },
  { verb: 'patch', resource: 'mutatingwebhookconfigurations', group: GROUP, name: 'rolechain' },
  { verb: 'list', resource: 'mutatingwebhookconfigurations', group: GROUP, name: 'rolechain' },
  { verb: 'watch', resource: 'validatingwebhookconfigurations', group: GROUP, name: 'rolechain' },
  { verb: 'get', resource: 'validatingadmissionpolicybindings', group: GROUP, name: 'rolechain-guard' },
  { verb: 'get', resource: 'validatingadmissionpolicybindings', group: GROUP, name: 'rolechain-guard-opted-in' },
  { verb: 'create', resource: 'secrets', namespace: NAMESPACE },
  { verb: 'get', resource: 'secrets', namespace: NAMESPACE, name: TLS },
  { verb: 'list', resource: 'secrets', namespace: NAMESPACE, name: TLS },
  { verb: 'watch', resource: 'secrets', namespace: NAMESPACE, name: TLS },
  { verb: 'update', resource: 'secrets', namespace: NAMESPACE, name: TLS },
];

const MAY_NOT: Wish[] = [
  { verb: 'get', resource: 'secrets', namespace: 'shop', name: TLS },
  { verb: 'get', resource: 'secrets', namespace: NAMESPACE, name: 'other' },
  { verb: 'list', resource: 'secrets', namespace: NAMESPACE },
  { verb: 'watch', resource: 'secrets', namespace: NAMESPACE },
  { verb: 'list', resource: 'secrets' },
  { verb: 'list', resource: 'mutatingwebhookconfigurations', group: GROUP },
  { verb: 'watch', resource: 'mutatingwebhookconfigurations', group: GROUP },
  { verb: 'get', resource: 'validatingadmissionpolicybindings', group: GROUP, name: 'another' },
  { verb: 'list', resource: 'validatingadmissionpolicybindings', group: GROUP },
  { verb: 'patch', resource: 'validatingadmissionpolicybindings', group: GROUP, name: 'rolechain-guard' },
  { verb: 'get', resource: 'validatingadmissionpolicies', group: GROUP, name: 'rolechain-guard' },
  { verb: 'create', resource: 'secrets', namespace: 'kube-system' },
  { verb: 'delete', resource: 'secrets', namespace: NAMESPACE, name: TLS },
  { verb: 'list', resource: 'pods' },
  { verb: 'get', resource: 'pods', namespace: NAMESPACE },
  { verb: 'create', resource: 'pods', namespace: NAMESPACE },
  { verb: 'patch', resource: 'pods', namespace: 'shop', name: 'orders' },
  { verb: 'patch', resource: 'pods', subresource: 'ephemeralcontainers', namespace: 'shop', name: 'orders' },
  { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'shop' },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace: 'shop', name: 'orders' },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace: NAMESPACE },
  { verb: 'update', resource: 'serviceaccounts', namespace: 'shop', name: 'orders' },
  { verb: 'impersonate', resource: 'serviceaccounts', namespace: 'shop', name: 'orders' },
  { verb: 'list', resource: 'nodes' },
  { verb: 'list', resource: 'events', group: 'events.k8s.io' },
  { verb: 'delete', resource: 'events', group: 'events.k8s.io', namespace: 'shop', name: 'orders' },
  { verb: 'create', resource: 'events', namespace: 'shop' },
  { verb: 'get', resource: 'limitranges', namespace: 'shop', name: 'limits' },
  { verb: 'list', resource: 'resourcequotas' },
  { verb: 'list', resource: 'configmaps', namespace: NAMESPACE },
  { verb: 'patch', resource: 'mutatingwebhookconfigurations', group: GROUP, name: 'pod-identity-webhook' },
  { verb: 'delete', resource: 'mutatingwebhookconfigurations', group: GROUP, name: 'rolechain' },
  { verb: 'create', resource: 'mutatingwebhookconfigurations', group: GROUP },
  { verb: 'patch', resource: 'clusterroles', group: 'rbac.authorization.k8s.io', name: 'rolechain-webhook' },
];

describeWithCluster("the webhook's ServiceAccount", (cluster) => {
  let own: KubeConfig;
  beforeAll(async () => {
    await applyAll(cluster().kubeConfig, await installManifests());
    own = new KubeConfig();
    own.loadFromFile(await cluster().kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' }));
  });

  const may = async (resourceAttributes: Wish): Promise<boolean> => {
    const api = own.makeApiClient(AuthorizationV1Api);
    const { status } = await api.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } });
    return status?.allowed ?? false;
  };
  const named = (wishes: Wish[]): [string, Wish][] =>
    wishes.map((wish) => {
      const { verb, resource, subresource, namespace = 'cluster', name = '*' } = wish;
      return [`${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} ${namespace}/${name}`, wish];
    });

  test.each(named(MAY))('may %s', async (_name, wish) => expect(await may(wish)).toBe(true));
  test.each(named(MAY_NOT))('may not %s', async (_name, wish) => expect(await may(wish)).toBe(false));

  test('and meets a 403 when it tries', async () => {
    const api = own.makeApiClient(CoreV1Api);
    const tried = [
      api.listPodForAllNamespaces(),
      api.listNamespacedSecret({ namespace: 'kube-system' }),
      api.readNamespacedSecret({ namespace: 'default', name: TLS }),
    ];
    const outcomes = await Promise.allSettled(tried);
    expect(outcomes).toMatchObject(Array(3).fill({ status: 'rejected', reason: { code: 403 } }));
  });
});
