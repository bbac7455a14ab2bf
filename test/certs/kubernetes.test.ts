import { json, startKubeDouble, status, type KubeDouble } from '@rolechain/doubles/kube.ts';
import { secretApi, webhookConfigurationApi } from '../../certs/src/kubernetes.ts';

let double: KubeDouble;
beforeEach(async () => {
  double = await startKubeDouble();
});
afterEach(() => double.close());

const NAMESPACE = 'rolechain';
const NAME = 'rolechain-webhook-tls';
/** Each request: method, path and query; type and body. */
const seen = (): { line: string; type: string; body: unknown }[] =>
  double.asked.map(({ method, url, contentType, body }) => ({
    line: `${method} ${url.pathname}${url.search}`,
    type: contentType,
    body: body === '' ? undefined : JSON.parse(body),
  }));

const found = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: NAME, namespace: NAMESPACE, resourceVersion: '7', labels: { a: 'b' } },
  type: 'Opaque',
  data: { 'tls.crt': 'QUJD' },
};

describe('secretApi', () => {
  const path = `/api/v1/namespaces/${NAMESPACE}/secrets`;

  it('reads, creates and replaces the Secret, with its resourceVersion', async () => {
    const api = secretApi(double.kubeConfig, NAMESPACE, NAME);
    double.answerBy(json(200, found));
    const secret = await api.read();
    expect(secret).toMatchObject({ metadata: { resourceVersion: '7' }, data: { 'tls.crt': 'QUJD' } });
    await api.replace({ ...secret, data: { ...secret?.data, 'tls.key': 'REVG' } });
    double.answerBy(json(201, found));
    await api.create({
      metadata: { name: NAME, namespace: NAMESPACE },
      type: 'kubernetes.io/tls',
      data: { 'ca.crt': 'QUJD' },
    });
    expect(seen().map(({ line }) => line)).toEqual([
      `GET ${path}/${NAME}`,
      `PUT ${path}/${NAME}?fieldManager=rolechain-webhook`,
      `POST ${path}?fieldManager=rolechain-webhook`,
    ]);
    expect(seen()[1]?.body).toEqual({ ...found, data: { 'tls.crt': 'QUJD', 'tls.key': 'REVG' } });
    expect(seen()[2]?.body).toMatchObject({ type: 'kubernetes.io/tls', data: { 'ca.crt': 'QUJD' } });
  });

  it('takes a 404 for absent, and throws every other status as the code', async () => {
    const api = secretApi(double.kubeConfig, NAMESPACE, NAME);
    double.answerBy(status(404));
    expect(await api.read()).toBeUndefined();
    double.answerBy(status(409));
    await expect(api.create(found)).rejects.toMatchObject({ code: 409 });
    await expect(api.replace(found)).rejects.toMatchObject({ code: 409 });
    double.answerBy(status(403));
    await expect(api.read()).rejects.toMatchObject({ code: 403 });
  });

  it('does not wait for ever', async () => {
    double.answerBy(() => undefined);
    await expect(secretApi(double.kubeConfig, NAMESPACE, NAME, 50).read()).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });
});

describe('webhookConfigurationApi', () => {
  it.each(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const)(
    'reads and patches a %s',
    async (kind) => {
      const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s/rolechain`;
      const api = webhookConfigurationApi(double.kubeConfig, kind);
      double.answerBy(json(200, { kind, webhooks: [{ name: 'a', clientConfig: { caBundle: 'QUJD' } }] }));
      expect(await api.read('rolechain')).toMatchObject({
        webhooks: [{ name: 'a', clientConfig: { caBundle: 'QUJD' } }],
      });
      const operations = [
        { op: 'test', path: '/webhooks/0/name', value: 'a' },
        { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: 'REVG' },
      ] as const;
      await api.patch('rolechain', operations);
      expect(seen()).toMatchObject([
        { line: `GET ${path}` },
        { line: `PATCH ${path}?fieldManager=rolechain-webhook`, type: 'application/json-patch+json', body: operations },
      ]);
      double.answerBy(status(404));
      expect(await api.read('rolechain')).toBeUndefined();
      await expect(api.patch('rolechain', operations)).rejects.toMatchObject({ code: 404 });
    },
  );

  it('does not wait for ever', async () => {
    double.answerBy(() => undefined);
    const api = webhookConfigurationApi(double.kubeConfig, 'MutatingWebhookConfiguration', 50);
    await expect(api.read('rolechain')).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
