import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node';
import { secretApi, webhookConfigurationApi } from './kubernetes.ts';
import { makeData } from './testing/pairs.ts';

interface Seen {
  readonly line: string;
  readonly type: string | undefined;
  readonly body: unknown;
}

let server: Server;
let kubeConfig: KubeConfig;
let seen: Seen[];
let answer: (response: ServerResponse) => void;

let tls: Awaited<ReturnType<typeof makeData>>;

beforeAll(async () => {
  // The client wants TLS, and the real clock.
  tls = await makeData(new Date(), ['kubernetes.default.svc']);
});

beforeEach(async () => {
  seen = [];
  const own = { cert: tls['tls.crt'], key: tls['tls.key'] };
  server = createServer(own, (request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [
      {
        name: 'c',
        server: `https://127.0.0.1:${port}`,
        tlsServerName: 'kubernetes.default.svc',
        caData: Buffer.from(tls['ca.crt']).toString('base64'),
      },
    ],
    users: [{ name: 'u' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  seen.push({
    line: `${request.method} ${request.url}`,
    type: request.headers['content-type'],
    body: body === '' ? undefined : JSON.parse(body),
  });
  answer(response);
}

const json = (status: number, body: object) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const found = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'tls', namespace: 'ns', resourceVersion: '7', labels: { a: 'b' } },
  type: 'Opaque',
  data: { 'tls.crt': 'QUJD' },
};

describe('secretApi', () => {
  const path = '/api/v1/namespaces/ns/secrets';

  it('reads, creates and replaces the Secret, with its resourceVersion', async () => {
    const api = secretApi(kubeConfig, 'ns', 'tls');
    answer = json(200, found);
    const secret = await api.read();
    expect(secret).toMatchObject({ metadata: { resourceVersion: '7' }, data: { 'tls.crt': 'QUJD' } });
    await api.replace({ ...secret, data: { ...secret?.data, 'tls.key': 'REVG' } });
    answer = json(201, found);
    await api.create({
      metadata: { name: 'tls', namespace: 'ns' },
      type: 'kubernetes.io/tls',
      data: { 'ca.crt': 'QUJD' },
    });
    expect(seen.map(({ line }) => line)).toEqual([
      `GET ${path}/tls`,
      `PUT ${path}/tls?fieldManager=rolechain-webhook`,
      `POST ${path}?fieldManager=rolechain-webhook`,
    ]);
    expect(seen[1]?.body).toEqual({ ...found, data: { 'tls.crt': 'QUJD', 'tls.key': 'REVG' } });
    expect(seen[2]?.body).toMatchObject({ type: 'kubernetes.io/tls', data: { 'ca.crt': 'QUJD' } });
  });

  it('takes a 404 for absent, and throws every other status as the code', async () => {
    const api = secretApi(kubeConfig, 'ns', 'tls');
    answer = json(404, { kind: 'Status', code: 404 });
    expect(await api.read()).toBeUndefined();
    answer = json(409, { kind: 'Status', code: 409 });
    await expect(api.create(found)).rejects.toMatchObject({ code: 409 });
    await expect(api.replace(found)).rejects.toMatchObject({ code: 409 });
    answer = json(403, { kind: 'Status', code: 403 });
    await expect(api.read()).rejects.toMatchObject({ code: 403 });
  });

  it('does not wait for ever', async () => {
    answer = () => undefined;
    await expect(secretApi(kubeConfig, 'ns', 'tls', 50).read()).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('webhookConfigurationApi', () => {
  it.each(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const)(
    'reads and patches a %s',
    async (kind) => {
      const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s/rolechain`;
      const api = webhookConfigurationApi(kubeConfig, kind);
      answer = json(200, { kind, webhooks: [{ name: 'a', clientConfig: { caBundle: 'QUJD' } }] });
      expect(await api.read('rolechain')).toMatchObject({
        webhooks: [{ name: 'a', clientConfig: { caBundle: 'QUJD' } }],
      });
      const operations = [
        { op: 'test', path: '/webhooks/0/name', value: 'a' },
        { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: 'REVG' },
      ] as const;
      await api.patch('rolechain', operations);
      expect(seen).toMatchObject([
        { line: `GET ${path}` },
        { line: `PATCH ${path}?fieldManager=rolechain-webhook`, type: 'application/json-patch+json', body: operations },
      ]);
      answer = json(404, {});
      expect(await api.read('rolechain')).toBeUndefined();
      await expect(api.patch('rolechain', operations)).rejects.toMatchObject({ code: 404 });
    },
  );

  it('does not wait for ever', async () => {
    answer = () => undefined;
    const api = webhookConfigurationApi(kubeConfig, 'MutatingWebhookConfiguration', 50);
    await expect(api.read('rolechain')).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
