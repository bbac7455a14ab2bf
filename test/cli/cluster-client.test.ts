/** How the command line speaks to a real apiserver: which kubeconfig it takes, what it reads, and what it says where it can't. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHTTPServer } from 'node:http';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import type { CodedError } from '@rolechain/shared';
import { isSecret } from '@rolechain/kit/record.ts';
import { connect, type Cluster } from '../../cli/src/cluster/client.ts';
import { describeWithCluster } from '../cluster/jest.ts';
import { applyAll } from '../fixture/install.ts';
import { account, namespace } from '../guard/installed.ts';
import { callOf } from './call.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'rolechain-cli-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
};
const errorOf = (asked: Promise<unknown>): Promise<CodedError> =>
  asked.then(
    (value) => {
      throw new Error(`answered: ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as CodedError,
  );
const saidBy = async (asked: Promise<unknown>): Promise<{ code: string; message: string; fix: string }> => {
  const { code, message, fix } = await errorOf(asked);
  return { code, message, fix };
};
const NOWHERE = (server: string, user: object = { token: 'x' }): string =>
  JSON.stringify({
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });

describe('no cluster', () => {
  test('no kubeconfig at all', async () => {
    expect(await saidBy(connect(callOf({ env: { HOME: folder } })))).toMatchObject({
      code: 'KubeconfigInvalid',
      message: expect.stringContaining('KUBECONFIG is not set, and ~/.kube/config is not there.'),
    });
  });

  test('a kubeconfig that is not there, or no kubeconfig: the file is named, and nothing that is in it', async () => {
    const absent = join(folder, 'absent');
    expect((await saidBy(connect(callOf({ options: { kubeconfig: absent } })))).message).toContain(absent);
    expect((await saidBy(connect(callOf({ env: { KUBECONFIG: absent } })))).message).toContain(absent);
    const token = isSecret('ServiceAccount token', `a-token-${process.pid}-of-a-broken-file`);
    const broken = await write('broken', `users:\n- user: {token: ${token}\n  name: [`);
    const said = await saidBy(connect(callOf({ options: { kubeconfig: broken } })));
    expect(said).toMatchObject({ code: 'KubeconfigInvalid', message: expect.stringContaining(broken) });
    expect(JSON.stringify(said)).not.toContain(token);
  });

  test('a context that is not there: those that are', async () => {
    const kubeconfig = await write('nowhere', NOWHERE('https://127.0.0.1:1'));
    const said = await saidBy(connect(callOf({ options: { kubeconfig, context: 'y' } })));
    expect(said.message).toContain('has no context y. It has: x.');
  });

  test('nothing listens: server and cause', async () => {
    const kubeconfig = await write('nowhere', NOWHERE('https://127.0.0.1:1'));
    const cluster = await connect(callOf({ options: { kubeconfig } }));
    expect(await saidBy(cluster.get('/api/v1/namespaces/a'))).toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringContaining('https://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1.'),
    });
  });

  test('a server that never answers is given up, and an interrupt ends the wait at once', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const server = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const kubeconfig = await write('silent', NOWHERE(server));
    const interrupted = new AbortController();
    const cluster = await connect(callOf({ options: { kubeconfig }, signal: interrupted.signal }));
    expect((await saidBy(cluster.raw('/version', { ms: 100 }))).message).toContain(
      `${server}: no answer within 0.1 s.`,
    );
    const waiting = errorOf(cluster.get('/api/v1/namespaces/a'));
    interrupted.abort();
    expect((await waiting).name).toBe('AbortError');
    silent.close();
  });

  test.each([
    ['null', '/api/v1/namespaces/a', 'has another form'],
    ['[]', '/api/v1/namespaces/a', 'has another form'],
    ['<html>', '/api/v1/namespaces/a', 'is not JSON'],
    ['{"items":5}', '/api/v1/pods', 'has another form'],
    ['{"items":[null]}', '/api/v1/pods', 'has another form'],
    // Page after page, and nothing on any.
    ['{"items":[],"metadata":{"continue":"x"}}', '/api/v1/pods', 'has another form'],
    ['{"items":[{}],"metadata":{"continue":"x"}}', '/api/v1/pods', 'has another form'],
  ])('what answers %s for an apiserver is told so', async (body, path, why) => {
    const other = createHTTPServer((_, response) => void response.end(body)).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const kubeconfig = await write('other', NOWHERE(`http://u:p@127.0.0.1:${(other.address() as AddressInfo).port}`));
    const cluster = await connect(callOf({ options: { kubeconfig } }));
    const asked = path.endsWith('pods') ? cluster.list(path, (item) => item) : cluster.get(path);
    const { code, message } = await saidBy(asked);
    expect([code, message]).toEqual(['ClusterUnreachable', expect.stringContaining(why)]);
    // Some write a password into the server.
    expect(message).toMatch(/ http:\/\/127/);
    other.close();
  });

  test.each(['/api/v1/namespaces/default/pods/..', '/api/v1/namespaces/../pods/x', '/api/v1/namespaces/default/pods/'])(
    '%s would be another path: it is not asked',
    async (path) => {
      const kubeconfig = await write('nowhere', NOWHERE('https://127.0.0.1:1'));
      const cluster = await connect(callOf({ options: { kubeconfig } }));
      expect((await saidBy(cluster.get(path))).code).toBe('UsageInvalid');
    },
  );

  test('an exec plugin that fails, or prints what is not JSON: no word of what it printed', async () => {
    const token = isSecret('ServiceAccount token', `a-token-${process.pid}-of-a-plugin`);
    const plugin = (script: string): object => ({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] },
    });
    for (const [script, why] of [
      ['echo "log in first" >&2; exit 1', 'log in first'],
      [`echo ${token}`, 'its exec plugin printed what is not JSON'],
    ] as const) {
      const kubeconfig = await write('plugin', NOWHERE('https://127.0.0.1:1', plugin(script)));
      const cluster = await connect(callOf({ options: { kubeconfig } }));
      const said = await saidBy(cluster.get('/api/v1/namespaces/a'));
      expect(said).toMatchObject({ code: 'ClusterUnauthorized', message: expect.stringContaining(why) });
      expect(JSON.stringify(said)).not.toContain(token);
    }
  });

  describe('answers of what is not an apiserver', () => {
    let server: Server;
    let cluster: Cluster;
    beforeAll(async () => {
      server = createPlainServer((request, response) => {
        if (request.url?.includes('large')) response.end('x'.repeat(1024 * 1024));
        else response.end('<html>');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      cluster = await connect(callOf({ options: { kubeconfig: await write('proxy', NOWHERE(url)) } }));
    });
    afterAll(() => server.close());

    test('one that is not JSON', async () => {
      expect((await saidBy(cluster.get('/api/v1/namespaces/a'))).message).toContain('its answer is not JSON');
    });
    test('one that is too long is not read to its end', async () => {
      expect(await cluster.raw('/large', { maxBytes: 1000 })).toEqual({ status: 200, body: undefined });
    });
  });
});

describeWithCluster('on a real apiserver', (real) => {
  let reader: string;
  beforeAll(async () => {
    const names = Array.from({ length: 1203 }, (_, index) => `account-${index}`);
    await applyAll(real().kubeConfig, [namespace('shop'), account('shop', 'nobody'), account('shop', 'reader')]);
    const core = real().kubeConfig.makeApiClient(CoreV1Api);
    for (let at = 0; at < names.length; at += 50) {
      const create = (name: string): Promise<unknown> =>
        core.createNamespacedServiceAccount({ namespace: 'shop', body: { metadata: { name } } });
      await Promise.all(names.slice(at, at + 50).map(create));
    }
    const rbac = real().kubeConfig.makeApiClient(RbacAuthorizationV1Api);
    const rules = [{ apiGroups: [''], resources: ['pods', 'pods/proxy'], verbs: ['get', 'list'] }];
    await rbac.createNamespacedRole({ namespace: 'shop', body: { metadata: { name: 'reader' }, rules } });
    await rbac.createNamespacedRoleBinding({
      namespace: 'shop',
      body: {
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'shop' }],
      },
    });
    reader = await real().kubeconfigFor({ namespace: 'shop', serviceAccount: 'reader' });
  });
  const as = (kubeconfig: string, options: object = {}): Promise<Cluster> =>
    connect(callOf({ options: { kubeconfig, ...options } }));

  test('an object, one that is not there, and all objects of a list that has several pages', async () => {
    const admin = await as(real().kubeconfigPath, { namespace: 'shop' });
    expect(admin.namespace).toBe('shop');
    const path = '/api/v1/namespaces/shop/serviceaccounts';
    expect(await admin.get(`${path}/nobody`)).toMatchObject({ metadata: { name: 'nobody' } });
    expect(await admin.find(`${path}/absent`)).toBeUndefined();
    expect(await saidBy(admin.get(`${path}/absent`))).toMatchObject({
      code: 'ObjectNotFound',
      message: 'There is no such object. serviceaccounts absent in namespace shop.',
    });
    const names = await admin.list(path, (item) => (item as { metadata: { name: string } }).metadata.name);
    expect(new Set(names).size).toBe(1205);
    expect(names.length).toBe(1205);
  });

  test('a user without rights: the right, the namespace and who was refused, and the rule to ask for', async () => {
    const nobody = await as(await real().kubeconfigFor({ namespace: 'shop', serviceAccount: 'nobody' }));
    expect(await saidBy(nobody.list('/api/v1/namespaces/shop/pods', (pod) => pod))).toEqual({
      code: 'ClusterForbidden',
      message: 'The apiserver forbids it. User system:serviceaccount:shop:nobody cannot list pods in namespace shop.',
      fix: 'Ask for a Role of namespace shop with the rule {apiGroups: [""], resources: ["pods"], verbs: ["list"]}.',
    });
    expect((await saidBy(nobody.list('/api/v1/pods', (pod) => pod))).fix).toContain('Ask for a ClusterRole');
    const apps = await saidBy(nobody.get('/apis/apps/v1/namespaces/shop/deployments/a'));
    expect(apps.message).toContain('cannot get deployments (apps) in namespace shop');
    expect(await nobody.whoAmI()).toBe('system:serviceaccount:shop:nobody');
  });

  test('canI says what the apiserver would', async () => {
    const cluster = await as(reader);
    const can = (verb: string, resource: string, group = '', of?: string): Promise<boolean> =>
      cluster.canI({ verb, resource, group, ...(of === undefined ? {} : { namespace: of }) });
    expect(await can('get', 'pods/proxy', '', 'shop')).toBe(true);
    expect(await can('create', 'pods/exec', '', 'shop')).toBe(false);
    expect(await can('list', 'pods')).toBe(false);
  });

  test('a token that nobody knows', async () => {
    const config = await readFile(real().kubeconfigPath, 'utf8');
    const token = /"token":"([^"]+)"/.exec(config)?.[1] ?? '';
    const stale = await as(await write('stale', config.replace(token, 'not-the-token')));
    expect(await saidBy(stale.get('/api/v1/namespaces/shop'))).toMatchObject({ code: 'ClusterUnauthorized' });
  });

  test('an unknown authority: the certificate is what is wrong', async () => {
    const config = JSON.parse(await readFile(real().kubeconfigPath, 'utf8')) as { clusters: { cluster: object }[] };
    config.clusters[0]!.cluster = { server: real().url };
    const cluster = await as(await write('unknown-ca', JSON.stringify(config)));
    expect((await saidBy(cluster.get('/api/v1/namespaces/shop'))).message).toMatch(/certificate/);
  });

  test('several files of KUBECONFIG: the first that names something wins, what is not there is left out', async () => {
    const first = await write('first', JSON.stringify({ contexts: [], clusters: [], users: [] }));
    const rest = [first, join(folder, 'absent'), real().kubeconfigPath, reader];
    const cluster = await connect(callOf({ env: { KUBECONFIG: rest.join(':') } }));
    // client-node's own merge throws on the cluster that two files have, and takes the last file's context.
    expect(cluster.user).toBe('admin');
    const other = await connect(callOf({ env: { KUBECONFIG: rest.join(':') }, options: { context: 'shop.reader' } }));
    expect(other.user).toBe('shop.reader');
    expect(await other.whoAmI()).toBe('system:serviceaccount:shop:reader');
  });

  test('exec without the right', async () => {
    const core = real().kubeConfig.makeApiClient(CoreV1Api);
    const body = {
      metadata: { name: 'pod' },
      spec: { serviceAccountName: 'nobody', containers: [{ name: 'app', image: 'a:1' }] },
    };
    await core.createNamespacedPod({ namespace: 'shop', body });
    const cluster = await as(reader);
    const command = ['true'];
    const asked = cluster.exec({ namespace: 'shop', pod: 'pod', container: 'app', command, ms: 10_000, maxBytes: 100 });
    expect(await errorOf(asked)).toMatchObject({ name: 'ExecFailed', status: 403 });
  });
});
