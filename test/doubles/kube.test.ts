/** The double of the Kubernetes API: as the real one where it answers, and loud where it doesn't. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { AdmissionregistrationV1Api, CoreV1Api, PatchStrategy, setHeaderOptions, Watch } from '@kubernetes/client-node';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { startKubeDouble, type KubeDouble } from './kube.ts';
import { RULES, type Rule } from './kube/rules.ts';

const INSTALL = parseManifests(readFileSync(join(__dirname, '../../manifests/install.yaml'), 'utf8'));

const account = (name: string, annotations: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { namespace: 'shop', name, annotations },
});
const PARTIAL = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

let double: KubeDouble;
let core: CoreV1Api;
beforeEach(async () => {
  double = await startKubeDouble({
    objects: [...INSTALL, account('a'), account('b'), account('c')],
  });
  core = double.kubeConfig.makeApiClient(CoreV1Api);
});
afterEach(() => double.close());

async function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<IncomingMessage> {
  const options = { method, headers, agent: false };
  await double.kubeConfig.applyToHTTPSOptions(options);
  const asked = request(`${double.kubeConfig.getCurrentCluster()?.server ?? ''}${path}`, options).end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}
const json = async (path: string, accept: string): Promise<unknown> =>
  JSON.parse(await text(await ask('GET', path, { accept })));

/** One line a request that RBAC can tell from others. */
function lines(rules: readonly Rule[]): string[] {
  const all = rules.flatMap(({ group, resource, verbs, names = ['*'], namespace = '*' }) =>
    verbs.flatMap((verb) => names.map((name) => `${verb} ${group}/${resource} ${namespace}/${name}`)),
  );
  return [...new Set(all)].sort();
}

/** The rules of the webhook's Roles, those in its own namespace as rules of that. */
function granted(): Rule[] {
  const roles = INSTALL.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole');
  return roles.flatMap(({ rules, metadata: { namespace } }) =>
    (rules as { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[]).flatMap(
      ({ apiGroups, resources, verbs, resourceNames: names }) =>
        apiGroups.flatMap((group) =>
          resources.map((resource) => ({
            ...{ group, resource, verbs },
            ...(names ? { names } : {}),
            ...(namespace === undefined ? {} : { namespace }),
          })),
        ),
    ),
  );
}

test('it answers what the manifests let the webhook ask for, no more and no less', () => {
  // Events are looked at on a real apiserver (test/webhook/events.test.ts and rights.test.ts).
  const asked = granted().filter(({ group }) => group !== 'events.k8s.io');
  expect(lines(RULES)).toEqual(lines(asked));
});

test('lists come in pages, whole and as metadata alone', async () => {
  const first = (await core.listServiceAccountForAllNamespaces({ limit: 2 })) as unknown as {
    items: { metadata: { name: string } }[];
    metadata: { _continue: string };
  };
  expect(first.items.map(({ metadata }) => metadata.name)).toEqual(['rolechain-webhook', 'a']);
  // The manifests have an account of the webhook's own.
  const { items } = await core.listServiceAccountForAllNamespaces({ limit: 2, _continue: first.metadata._continue });
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(['b', 'c']);
  expect(await json('/api/v1/namespaces', 'application/json')).toMatchObject({
    ...{ kind: 'NamespaceList', apiVersion: 'v1' },
    items: [{ metadata: { name: 'rolechain', resourceVersion: expect.stringMatching(/^\d+$/) } }],
  });
  const partial = await json('/api/v1/serviceaccounts?limit=2', PARTIAL);
  const item = {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: expect.objectContaining({ name: 'a' }),
  };
  expect(partial).toEqual({
    ...{ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', items: [expect.anything(), item] },
    metadata: expect.objectContaining({ continue: expect.any(String), resourceVersion: expect.any(String) }),
  });
});

test('a watch goes on from a version, and ends in order', async () => {
  const { metadata } = await core.listServiceAccountForAllNamespaces();
  double.put(account('early', { k: 'v' }));
  const seen: string[] = [];
  const over = Promise.withResolvers<unknown>();
  const query = { resourceVersion: metadata?.resourceVersion, timeoutSeconds: 1, allowWatchBookmarks: true };
  await new Watch(double.kubeConfig).watch(
    '/api/v1/serviceaccounts',
    query,
    (type: string, { metadata: { name } }: KubeObject) => {
      seen.push(`${type} ${name ?? ''}`);
      if (name === 'early') double.put(account('a', { changed: 'yes' }));
    },
    over.resolve,
  );
  expect(await over.promise).toBeNull();
  expect(seen).toEqual(['ADDED early', 'MODIFIED a']);
});

test('writes meet each other as at the apiserver', async () => {
  const [namespace, name] = ['rolechain', 'rolechain-webhook-tls'];
  await expect(core.readNamespacedSecret({ namespace, name })).rejects.toMatchObject({ code: 404 });
  const body = { metadata: { name }, data: { a: 'YQ==' } };
  const made = await core.createNamespacedSecret({ namespace, body });
  await expect(core.createNamespacedSecret({ namespace, body })).rejects.toMatchObject({ code: 409 });
  const { resourceVersion } = (await core.replaceNamespacedSecret({ namespace, name, body: made })).metadata ?? {};
  await expect(core.replaceNamespacedSecret({ namespace, name, body: made })).rejects.toMatchObject({ code: 409 });
  expect((await core.readNamespacedSecret({ namespace, name })).metadata?.resourceVersion).toBe(resourceVersion);

  const hooks = double.kubeConfig.makeApiClient(AdmissionregistrationV1Api);
  const patch = (test: string): Promise<unknown> =>
    hooks.patchMutatingWebhookConfiguration({
      name: 'rolechain',
      body: [
        { op: 'test', path: '/webhooks/0/name', value: test },
        { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: 'YQ==' },
      ],
    });
  await expect(patch('other')).rejects.toMatchObject({ code: 422 });
  await patch('pods.rolechain.io');
  const { webhooks } = await hooks.readMutatingWebhookConfiguration({ name: 'rolechain' });
  expect(webhooks?.map(({ clientConfig }) => clientConfig.caBundle)).toEqual(['YQ==', undefined]);
});

const LIST = '/api/v1/serviceaccounts';
const CONFIGURATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/rolechain';
const ONE = '/api/v1/namespaces/rolechain/secrets/rolechain-webhook-tls';
const type = (of: string): Record<string, string> => ({ 'content-type': of });
test.each<[string, string, string, Record<string, string>]>([
  ['a resource that nobody asks for', 'GET', '/api/v1/pods', {}],
  ['a verb that nobody uses', 'DELETE', ONE, {}],
  ['a name that is none of ours', 'GET', '/api/v1/namespaces/rolechain/secrets/other', {}],
  ['a namespace that is none of ours', 'GET', '/api/v1/namespaces/shop/secrets/rolechain-webhook-tls', {}],
  ['a list where only names may be read', 'GET', '/api/v1/namespaces/rolechain/secrets', {}],
  ['a subresource', 'POST', '/api/v1/namespaces/shop/serviceaccounts/a/token', type('application/json')],
  ['another version', 'GET', CONFIGURATION.replace('v1', 'v1beta1'), {}],
  ['what is no resource', 'GET', '/version', {}],
  ['a parameter that would change the answer', 'GET', `${LIST}?labelSelector=a`, {}],
  ['a watch from nowhere', 'GET', `${LIST}?watch=true`, {}],
  ['a form that there is not', 'GET', LIST, { accept: 'application/vnd.kubernetes.protobuf' }],
  ['the form of one object for a list', 'GET', LIST, { accept: PARTIAL.replace(/List|,.*/g, '') }],
  ['another kind of patch', 'PATCH', CONFIGURATION, type(PatchStrategy.MergePatch)],
])('%s is printed, with method and path', async (_name, method, path, headers) => {
  const response = await ask(method, path, headers);
  const { message } = JSON.parse(await text(response)) as { message: string };
  expect([response.statusCode, message]).toEqual([501, expect.stringContaining(`can't answer ${method} ${path}: `)]);
  await expect(double.close()).rejects.toThrow(message);
  expect(double.unanswered.splice(0)).toEqual([message]);
  double = await startKubeDouble();
});

test('a byte-level answerer is asked for nothing that the double does not know', async () => {
  double.answerBy((response) => response.writeHead(404).end());
  expect((await ask('GET', '/api/v1/serviceaccounts?labelSelector=a')).statusCode).toBe(404);
  expect((await ask('GET', '/api/v1/pods')).statusCode).toBe(501);
  expect(double.unanswered.splice(0)).toHaveLength(1);
});

test('who comes without the token of the kubeconfig is none of ours', async () => {
  const other = setHeaderOptions('Authorization', 'Bearer other');
  await expect(core.listNamespace({}, other)).rejects.toMatchObject({ code: 501 });
  expect(double.unanswered.splice(0)).toHaveLength(1);
});
