/** What only a real apiserver can say: when /validate is called, what it defaults, and what the sample Role allows. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  AdmissionregistrationV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  KubernetesObjectApi,
} from '@kubernetes/client-node';
import { ANNOTATIONS, CodedError, warningText } from '@rolechain/shared';
import { describeWithCluster } from '../cluster/jest.ts';
import { openApi } from '../guard/api.ts';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import { makeAdmissionServer } from '../../webhook/src/endpoint/server.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '@rolechain/webhook/testing/fixtures.ts';
import { testAuthority } from '@rolechain/webhook/testing/https.ts';
import { recordingLog } from '@rolechain/kit/recording-log.ts';
import { serverOptions } from '@rolechain/webhook/testing/options.ts';

const MANIFESTS = join(__dirname, '..', '..', 'manifests');
const read = (name: string): KubeObject[] => parseManifests(readFileSync(join(MANIFESTS, name), 'utf8'));
const KEY = ANNOTATIONS.assumeRole.key;

describeWithCluster('on the real apiserver', (cluster) => {
  let server: ReturnType<typeof makeAdmissionServer> | undefined;
  const looked: string[] = [];
  /** So many look-ups still fail. */
  let failing = 0;
  const lookUp = (name: string): Promise<Record<string, string>> => {
    looked.push(name);
    return failing-- > 0 ? Promise.reject(new CodedError('TooManyReviews')) : Promise.resolve({});
  };
  const core = (): CoreV1Api => cluster().kubeConfig.makeApiClient(CoreV1Api);

  beforeAll(async () => {
    const authority = await testAuthority();
    const options = serverOptions(recordingLog(), {
      lookup: () => Promise.resolve(undefined),
      lookupNamespace: lookUp,
    });
    server = makeAdmissionServer(await authority.issue(), options);
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    for (const name of ['rolechain', 'shop', 'platform'])
      await core().createNamespace({ body: { metadata: { name } } });
    await core().createNamespacedService({
      namespace: 'rolechain',
      body: { metadata: { name: 'rolechain-webhook' }, spec: { type: 'ExternalName', externalName: 'localhost' } },
    });
    const [manifest] = read('base/validating-webhook.yaml');
    const body = structuredClone(manifest) as unknown as {
      webhooks: { timeoutSeconds: number; clientConfig: { caBundle?: string; service: { port: number } } }[];
    };
    for (const webhook of body.webhooks) {
      webhook.clientConfig.service.port = port;
      webhook.clientConfig.caBundle = Buffer.from(authority.ca).toString('base64');
      // When it is called is the question here, not how soon it answers.
      webhook.timeoutSeconds = 30;
    }
    const api = cluster().kubeConfig.makeApiClient(AdmissionregistrationV1Api);
    await api.createValidatingWebhookConfiguration({ body: body as never });
    // The apiserver takes a moment to hear of it.
    await until('it is called', PATIENCE_MS, async () => {
      const probe = { metadata: { generateName: 'probe-', annotations: { [KEY]: TARGET } } };
      await core().createNamespacedServiceAccount({ namespace: 'shop', body: probe, dryRun: 'All' });
      return looked.length > 0;
    });
  });
  afterAll(() => server?.close());

  const create = async (name: string, annotations: Record<string, string>): Promise<string> => {
    try {
      await core().createNamespacedServiceAccount({ namespace: 'shop', body: { metadata: { name, annotations } } });
      return 'created';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const annotate = async (name: string, annotations: Record<string, string>): Promise<string> => {
    try {
      const existing = await core().readNamespacedServiceAccount({ namespace: 'shop', name });
      const body = Object.assign(existing, { metadata: Object.assign(existing.metadata ?? {}, { annotations }) });
      await core().replaceNamespacedServiceAccount({ namespace: 'shop', name, body });
      return 'updated';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const calls = async (step: () => Promise<string>): Promise<[string, number]> => {
    const before = looked.length;
    const result = await step();
    return [result, looked.length - before];
  };

  test('/validate is called exactly when our annotation is there and its value changed', async () => {
    expect(await calls(() => create('plain', { other: 'x' }))).toEqual(['created', 0]);
    expect(await calls(() => create('orders', { [KEY]: TARGET }))).toEqual(['created', 1]);
    expect(await calls(() => annotate('orders', { [KEY]: TARGET, other: 'x' }))).toEqual(['updated', 0]);
    expect(await calls(() => annotate('orders', { [KEY]: `${TARGET}-2`, other: 'x' }))).toEqual(['updated', 1]);
    expect(await calls(() => annotate('orders', {}))).toEqual(['updated', 0]);
    expect(await calls(() => annotate('plain', { [KEY]: TARGET }))).toEqual(['updated', 1]);
  });

  test('a webhook with too many reviews answers 503 with Retry-After, and the apiserver asks again', async () => {
    failing = 2;
    const wrong = { [KEY]: TARGET, 'rolechain.io/asume-role': TARGET };
    // Were it not asked again, the account would be created: failurePolicy is Ignore.
    expect(await calls(() => create('overloaded', wrong))).toEqual([expect.stringMatching(/AnnotationUnknown/), 3]);
  });

  const annotateNamespace = async (name: string, annotations: Record<string, string>): Promise<string> => {
    try {
      const existing = await core().readNamespace({ name });
      const body = Object.assign(existing, { metadata: Object.assign(existing.metadata ?? {}, { annotations }) });
      await core().replaceNamespace({ name, body });
      return 'updated';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test('a key that no version knows is refused where it is new or changed, on accounts and on Namespaces', async () => {
    const [typo, other] = [{ 'rolechain.io/asume-role': TARGET }, { 'rolechain.io/alowed-roles': '*' }];
    expect(await create('typo', typo)).toMatch(/did you mean rolechain.io\/assume-role\?.*\[AnnotationUnknown\]/);
    expect(await create('typo', {})).toBe('created');
    expect(await annotate('typo', typo)).toMatch(/\[AnnotationUnknown\]/);
    expect(await annotateNamespace('platform', other)).toMatch(
      /rolechain: Namespace platform: .*did you mean rolechain.io\/allowed-roles\?.*\[AnnotationUnknown\]/,
    );
    expect(await annotateNamespace('platform', { 'rolechain.io/allowed-roles': 'role/*' })).toMatch(
      /"role\/\*\\*", which has 1 of the 6 parts.*\[AllowedRolesInvalid\]/,
    );
    expect(await annotateNamespace('platform', { other: 'x' })).toBe('updated');
    expect(await annotateNamespace('platform', { 'rolechain.io/allowed-roles': '*:*:*:*:*:*' })).toBe('updated');
  });

  test('who changes the role of a ServiceAccount is told that running pods keep theirs; who takes it away is not', async () => {
    const api = await openApi(cluster().kubeConfig);
    const path = '/api/v1/namespaces/shop/serviceaccounts';
    const created = await api.post(path, { metadata: { name: 'kept', annotations: { [KEY]: TARGET } } });
    expect([created.status, created.headers.warning]).toEqual([201, undefined]);
    const annotate = async (annotation: string | null): Promise<unknown> => {
      const { status, headers } = await api.patch(`${path}/kept`, { metadata: { annotations: { [KEY]: annotation } } });
      expect(status).toBe(200);
      return headers.warning;
    };
    const told = `299 - "${warningText('PodsKeepRoles')}"`;
    expect(await annotate(`${TARGET}-2`)).toBe(told);
    expect(await annotate(`{roleARN: "${TARGET}-2"}`)).toBeUndefined();
    expect(await annotate('none')).toBe(told);
    // No key of ours is there: the apiserver does not ask (contract, When a ServiceAccount is written).
    expect(await annotate(null)).toBeUndefined();
    expect(await annotate('none')).toBeUndefined();
    expect(await annotate(TARGET)).toBe(told);
    api.close();
  });

  test('settings that are invalid are refused, and no other ConfigMap waits for the webhook', async () => {
    const api = await openApi(cluster().kubeConfig);
    const calls = async (): Promise<number> => {
      const { body } = await api.get('/metrics');
      const counts = body.matchAll(/^apiserver_admission_webhook_request_total\{[^}]*name="settings[^}]*\} (\d+)$/gm);
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const write = async (namespace: string, name: string, text: string): Promise<unknown> => {
      const before = await calls();
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { 'settings.yaml': text } };
      const created = await api.post(path, configMap);
      const answer = created.status === 409 ? await api.put(`${path}/${name}`, configMap) : created;
      const { message } = JSON.parse(answer.body) as { message?: string };
      return [answer.status, message ?? answer.headers.warning, (await calls()) - before];
    };
    const refused = expect.stringMatching(/sidecarimage.*did you mean sidecarImage.*\[SettingsInvalid\]$/) as string;
    expect(await write('rolechain', 'another', 'sidecarimage: x')).toEqual([201, undefined, 0]);
    expect(await write('shop', 'rolechain-webhook', 'sidecarimage: x')).toEqual([201, undefined, 0]);
    expect(await write('rolechain', 'rolechain-webhook', 'sidecarimage: x')).toEqual([422, refused, 1]);
    const byTag = `299 - "${warningText('SidecarImageByTag')}"`;
    expect(await write('rolechain', 'rolechain-webhook', 'sidecarImage: x')).toEqual([201, byTag, 1]);
    const byDigest = `sidecarImage: x@sha256:${'0'.repeat(64)}`;
    // The creation is reviewed, too, before it conflicts.
    expect(await write('rolechain', 'rolechain-webhook', byDigest)).toEqual([200, undefined, 2]);
    expect(await write('rolechain', 'rolechain-webhook', 'sidecarimage: x')).toEqual([422, refused, 1]);
    api.close();
  });

  test('an invalid annotation is refused, on creation and on update', async () => {
    expect(await create('wrong', { [KEY]: 'nonsense' })).toMatch(/is \\*"nonsense\\*", but takes an IAM role ARN/);
    await create('right', {});
    expect(await annotate('right', { [KEY]: 'nonsense' })).toMatch(
      /ServiceAccount shop\/right asks for an AWS role, but/,
    );
  });

  test('a second call on what the apiserver made of the first changes nothing', async () => {
    const document = {
      roleARN: TARGET,
      externalIDFrom: { secretKeyRef: { name: 'aws', key: 'id' } },
      serviceAccount: { name: 'shared-aws', namespace: 'platform' },
      roles: { audit: { roleARN: TARGET, credentialSource: 'pod-identity' } },
    };
    const shared = { namespace: 'platform', name: 'shared-aws', annotations: { 'eks.amazonaws.com/role-arn': TARGET } };
    const around = { others: new Map([['platform/shared-aws', shared]]), allowedRoles: undefined };
    const inject = (pod: unknown): unknown =>
      call(pod, account(JSON.stringify(document)), { ...SETTINGS, otherServiceAccounts: true }, () => 0.5, around).pod;
    await create('defaulting', {});
    const asked = plainPod(
      { serviceAccountName: 'defaulting', automountServiceAccountToken: false },
      {
        'rolechain.io/container-roles': 'app=default+audit',
        'rolechain.io/authorization-token': 'env',
      },
    );
    const objects = KubernetesObjectApi.makeApiClient(cluster().kubeConfig);
    const once = inject({ ...asked, metadata: { ...(asked.metadata as object), namespace: 'shop', name: 'p' } });
    await objects.create(once as never);
    const made: unknown = JSON.parse(JSON.stringify(await core().readNamespacedPod({ namespace: 'shop', name: 'p' })));
    expect((made as { spec: { volumes: unknown[] } }).spec.volumes).toHaveLength(4);
    expect(inject(made)).toEqual(made);
  });

  test('the sample Role gives the right to the token of that one account', async () => {
    const objects = KubernetesObjectApi.makeApiClient(cluster().kubeConfig);
    for (const object of read('samples/service-account-token.yaml')) await objects.create(object as never);
    const authorization = cluster().kubeConfig.makeApiClient(AuthorizationV1Api);
    const may = async (name: string, namespace: string): Promise<boolean | undefined> => {
      const resource = { verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace, name };
      const spec = { user: 'system:serviceaccount:shop:orders', resourceAttributes: resource };
      return (await authorization.createSubjectAccessReview({ body: { spec } })).status?.allowed;
    };
    // The authorizer hears of the new objects by a watch.
    await until('the right is there', PATIENCE_MS, async () => (await may('shared-aws', 'platform')) === true);
    expect([
      await may('shared-aws', 'platform'),
      await may('other', 'platform'),
      await may('shared-aws', 'shop'),
    ]).toEqual([true, false, false]);
  });
});
