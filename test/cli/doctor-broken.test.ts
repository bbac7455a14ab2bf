/** Each check of `rolechain doctor`, with what it looks at broken on a real apiserver. */
import { describeWithCluster } from '../cluster/jest.ts';
import { ADMISSION, DEPLOYMENT, MUTATING, NS, bad, of, useInstalled } from './doctor-installed.ts';

describeWithCluster('doctor', (cluster) => {
  const { api, settings, doctor, get, restore, change, ready } = useInstalled(cluster);

  const GUARD = `${ADMISSION}/validatingadmissionpolicies/rolechain-guard`;
  const BINDING = `${ADMISSION}/validatingadmissionpolicybindings/rolechain-guard-opted-in`;
  const CLUSTER_ROLE = '/apis/rbac.authorization.k8s.io/v1/clusterroles/rolechain-webhook';
  const LIMITS_BINDING = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/rolechain-webhook-limit-ranges';
  const BUDGET = '/apis/policy/v1/namespaces/rolechain/poddisruptionbudgets/rolechain-webhook';
  type Break = (path: string) => Promise<unknown>;
  const remove: Break = (path) => api().remove(path);
  const patch =
    (body: object): Break =>
    (path) =>
      api().patch(path, body);
  const rules = async (change: (rules: { resources: string[] }[]) => unknown[]): Promise<void> => {
    const role = await get(CLUSTER_ROLE);
    await api().patch(CLUSTER_ROLE, { rules: change(role.rules as { resources: string[] }[]) });
  };
  const BROKEN: [what: string, path: string, change: Break, id: string, state: string, says: string][] = [
    ['a policy is gone', GUARD, remove, 'guard', 'warning', 'no policy rolechain-guard'],
    ['a binding is gone', BINDING, remove, 'guard', 'failed', 'no binding rolechain-guard-opted-in'],
    [
      'a binding only warns',
      BINDING,
      patch({ spec: { validationActions: ['Warn'] } }),
      'guard-actions',
      'warning',
      'does not deny',
    ],
    ['the budget is gone', BUDGET, remove, 'disruption-budget', 'warning', 'drain'],
    ['the Deployment is gone', DEPLOYMENT, remove, 'replicas', 'failed', 'no Deployment'],
    ['one replica', DEPLOYMENT, patch({ spec: { replicas: 1 } }), 'replicas', 'warning', 'There is one'],
    [
      'an older version',
      DEPLOYMENT,
      (path) => image(path, 'registry.internal/rolechain/webhook:0.0.9'),
      'versions',
      'warning',
      'webhook 0.0.9',
    ],
    [
      'no endpoint',
      '/apis/discovery.k8s.io/v1/namespaces/rolechain/endpointslices/webhook',
      remove,
      'endpoints',
      'failed',
      'None is ready',
    ],
    [
      'a right is gone',
      CLUSTER_ROLE,
      () => rules((all) => all.filter(({ resources }) => !resources.includes('namespaces'))),
      'rights',
      'failed',
      'cannot get namespaces, nor list namespaces',
    ],
    ['a right that is not needed is gone', LIMITS_BINDING, remove, 'rights', 'warning', 'without-limit-ranges'],
    [
      'an empty sidecar image',
      `${NS}/configmaps/rolechain-webhook`,
      () => settings({ sidecarImage: undefined }),
      'settings',
      'failed',
      'sidecarImage',
    ],
    [
      'settings that are not valid',
      `${NS}/configmaps/rolechain-webhook`,
      () => settings({ conflict: 'warn' }),
      'settings',
      'failed',
      'conflict',
    ],
    [
      'the image of the manifests',
      `${NS}/configmaps/rolechain-webhook`,
      () => settings({ sidecarImage: 'registry.example/rolechain/sidecar:0.1.0' }),
      'sidecar-image',
      'failed',
      'no node can pull it',
    ],
    [
      'an image by tag',
      `${NS}/configmaps/rolechain-webhook`,
      () => settings({ sidecarImage: 'a/sidecar:0.1.0' }),
      'sidecar-image',
      'warning',
      'is a tag',
    ],
    [
      'audit without its overlay',
      `${NS}/configmaps/rolechain-webhook`,
      () => settings({ mode: 'audit' }),
      'guard-actions',
      'failed',
      'mode is audit, but rolechain-guard, rolechain-guard-opted-in denies',
    ],
    [
      'default roles without their guard',
      `${NS}/configmaps/rolechain-webhook`,
      () => settings({ namespaceDefaultRole: true }),
      'guard-default-role',
      'warning',
      'no policy rolechain-guard-default-role',
    ],
    [
      'a namespace with the label',
      '/api/v1/namespaces/kube-system',
      patch({ metadata: { labels: { 'rolechain.io/enabled': 'true' } } }),
      'left-out',
      'warning',
      'kube-system has the label',
    ],
    [
      'fails closed',
      MUTATING,
      (path) => change(path, (one) => ({ ...one, failurePolicy: 'Fail' })),
      'webhook-configurations',
      'warning',
      'failurePolicy Fail',
    ],
    [
      'never again',
      MUTATING,
      (path) => change(path, (one) => ({ ...one, reinvocationPolicy: 'Never' })),
      'order',
      'failed',
      'not IfNeeded',
    ],
    [
      'no namespace is left out',
      MUTATING,
      (path) => change(path, ({ namespaceSelector: _, ...one }) => one),
      'left-out',
      'failed',
      'not left out',
    ],
    ['no Service', `${NS}/services/rolechain-webhook`, remove, 'endpoints', 'failed', 'no Service'],
  ];
  async function image(path: string, name: string): Promise<void> {
    const before = (await get(path)) as { spec: { template: { spec: { containers: object[] } } } };
    const containers = before.spec.template.spec.containers.map((one) => ({ ...one, image: name }));
    await api().patch(path, { spec: { template: { spec: { containers } } } });
  }
  test.each(BROKEN)('%s', async (_what, path, breakIt, id, state, says) => {
    const before = await get(path);
    try {
      await breakIt(path);
      const { code, report } = await doctor();
      expect(code).toBe(1);
      expect(of(report, id)).toMatchObject({ state, reason: expect.stringContaining(says), fix: expect.any(String) });
    } finally {
      await restore(path, before);
      if (path === DEPLOYMENT) await ready();
    }
  });

  test('and all well again', async () => {
    expect(bad((await doctor()).report)).toEqual([]);
  });
});
