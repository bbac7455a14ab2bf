import fc from 'fast-check';
import { makeAuthority } from './authority.ts';
import {
  bundlePatch,
  publishCaBundle as publishInto,
  publishedBundles,
  readConfiguration,
  writersOf,
  type Others,
  type PublishOptions,
} from './publish.ts';
import { httpError, memoryConfiguration } from './testing/memory-api.ts';

// What is published isn't read, so any text within the markers does.
const pem = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const bundle = pem('bmV3') + pem('b2xk');
const configurationName = 'rolechain';

const webhook = (name: string, caBundle?: string) => ({
  name,
  clientConfig: caBundle === undefined ? {} : { caBundle },
});

type Publishing = PublishOptions & { readonly bundle: string; readonly others?: Others };
/** Reads, and publishes into what was read. */
const publishCaBundle = async ({ bundle: wanted, others = 'drop', ...options }: Publishing): Promise<boolean> =>
  publishInto(await readConfiguration(options), { bundle: wanted, others }, options);
const currentBundles = async (options: PublishOptions): Promise<string[]> =>
  publishedBundles(await readConfiguration(options));

describe('publishCaBundle', () => {
  it('sets the bundle of every webhook that lacks it, under a test of its name', async () => {
    const api = memoryConfiguration([webhook('a'), webhook('b', base64(bundle)), webhook('c', base64(pem('b2xk')))]);
    expect(await publishCaBundle({ api, configurationName, bundle })).toBe(true);
    expect(api.patches).toEqual([
      [
        { op: 'test', path: '/metadata/resourceVersion', value: '1' },
        { op: 'test', path: '/webhooks/0/name', value: 'a' },
        { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: base64(bundle) },
        { op: 'test', path: '/webhooks/2/name', value: 'c' },
        { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value: base64(bundle) },
      ],
    ]);
    expect(await currentBundles({ api, configurationName })).toEqual([bundle, bundle, bundle]);
  });

  it('writes nothing where nothing is to be done', async () => {
    const api = memoryConfiguration([webhook('a', base64(bundle))]);
    expect(await publishCaBundle({ api, configurationName, bundle })).toBe(false);
    expect(api.patches).toEqual([]);
  });

  it('touches nothing when somebody has moved the webhooks meanwhile, or published a CA', async () => {
    for (const change of [
      (found: ReturnType<typeof webhook>[]) => [webhook('foreign', 'aGFuZHMgb2Zm'), ...found],
      () => [webhook('a', base64(pem('b3RoZXI='))), webhook('b')],
    ]) {
      const api = memoryConfiguration([webhook('a'), webhook('b', base64(bundle))]);
      api.beforePatch = () => (api.webhooks = change(api.webhooks));
      const publishing = publishCaBundle({ api, configurationName, bundle });
      await expect(publishing).rejects.toMatchObject({ code: 'CertificatesUnavailable', passing: true });
      expect(api.patches).toEqual([]);
    }
  });

  it.each([409, 422, 500, 429, undefined])('says of %p that a second look has a chance', async (status) => {
    const api = memoryConfiguration([webhook('a')]);
    api.beforePatch = () => {
      throw status === undefined ? new TypeError('fetch failed') : httpError(status);
    };
    const publishing = publishCaBundle({ api, configurationName, bundle });
    await expect(publishing).rejects.toMatchObject({ code: 'CertificatesUnavailable', passing: true });
  });

  it('says that the manifests are missing', async () => {
    const api = { ...memoryConfiguration([]), read: () => Promise.resolve(undefined) };
    await expect(publishCaBundle({ api, configurationName, bundle })).rejects.toMatchObject({
      code: 'WebhookConfigurationMissing',
      message: expect.stringContaining('There is no MutatingWebhookConfiguration "rolechain": apply the manifests'),
    });
  });

  it('names verb and resource of a refusal, at once, also for the validating kind', async () => {
    let reads = 0;
    const api = {
      ...memoryConfiguration([]),
      kind: 'ValidatingWebhookConfiguration' as const,
      read: () => {
        reads++;
        return Promise.reject(httpError(403));
      },
    };
    await expect(publishCaBundle({ api, configurationName, bundle })).rejects.toMatchObject({
      code: 'WebhookConfigurationForbidden',
      message: expect.stringContaining('Grant get on validatingwebhookconfigurations "rolechain" by a ClusterRole'),
    });
    expect(reads).toBe(1);

    const unpatchable = memoryConfiguration([webhook('a')]);
    unpatchable.beforePatch = () => {
      throw httpError(403);
    };
    await expect(publishCaBundle({ api: unpatchable, configurationName, bundle })).rejects.toThrow(
      'Grant patch on mutatingwebhookconfigurations "rolechain"',
    );
  });

  it.each([
    ['a private key', `${bundle}-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n`],
    ['nothing', ''],
  ])('does not publish %s', async (_what, text) => {
    const api = memoryConfiguration([webhook('a')]);
    const publishing = publishCaBundle({ api, configurationName, bundle: text });
    await expect(publishing).rejects.toMatchObject({
      code: 'CertificatesUnavailable',
      message: expect.not.stringContaining('c2Vj'),
    });
    expect(api.patches).toEqual([]);
  });
});

describe('publishCaBundle beside other CAs', () => {
  const now = new Date();
  const bundleOf = async (): Promise<string> => (await makeAuthority({ now, commonName: 'test' })).certificate;

  it("keeps or drops them, and two replicas that keep each other's write once each", async () => {
    const [ours, theirs] = await Promise.all([bundleOf(), bundleOf()]);
    const api = memoryConfiguration([webhook('a', base64(theirs))]);
    const publish = (of: string, others: 'keep' | 'drop') =>
      publishCaBundle({ api, configurationName, bundle: of, others });
    const published = async () => (await currentBundles({ api, configurationName }))[0];
    expect(await publish(ours, 'keep')).toBe(true);
    expect(await published()).toBe(ours + theirs);
    for (const bundle of [theirs, ours]) {
      expect(await publish(bundle, 'keep')).toBe(false);
    }
    expect(await publish(ours, 'drop')).toBe(true);
    expect(await published()).toBe(ours);
  });

  it('keeps no more than four, none that has expired, and nothing that is no certificate', async () => {
    const ours = await bundleOf();
    const many = await Promise.all(Array.from({ length: 6 }, bundleOf));
    const other = await bundleOf();
    const expired = await makeAuthority({ now: new Date('2001-01-01'), commonName: 'expired' });
    const after = async (present: string): Promise<string | undefined> => {
      const api = memoryConfiguration([webhook('a', base64(present))]);
      await publishCaBundle({ api, configurationName, bundle: ours, others: 'keep' });
      return (await currentBundles({ api, configurationName }))[0];
    };
    expect(await after(many.join(''))).toBe(ours + many.slice(0, 4).join(''));
    expect(await after(expired.certificate + other)).toBe(ours + other);
    expect(await after(`${other}-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n`)).toBe(ours);
    expect(await after('\n')).toBe(ours);
  });
});

test('writersOf names the others, who wrote last in front, within bounds', () => {
  const entry = (manager: string, time?: string) => ({ manager, ...(time !== undefined && { time }) });
  const managedFields = [
    entry('kubectl', '2027-01-01T00:00:00Z'),
    entry('us', '2027-01-03T00:00:00Z'),
    entry('argocd-controller', '2027-01-02T00:00:00Z'),
    entry('x'.repeat(100)),
  ];
  expect(writersOf({ metadata: { managedFields } }, 'us')).toEqual(['argocd-controller', 'kubectl', 'x'.repeat(64)]);
  expect(
    writersOf({ metadata: { managedFields: Array.from({ length: 9 }, (_, i) => entry(`m${i}`)) } }, 'us'),
  ).toHaveLength(5);
  expect(writersOf({}, 'us')).toEqual([]);
});

describe('bundlePatch', () => {
  it('is empty exactly when every webhook has the bundle, and makes it so', async () => {
    const bundles = fc.option(fc.constantFrom('', base64(bundle), base64(pem('b2xk')), '%%'), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.string(), bundles)), async (list) => {
        const api = memoryConfiguration(list.map(([name, caBundle]) => webhook(name, caBundle)));
        const wanted = list.some(([, caBundle]) => caBundle !== base64(bundle));
        const operations = bundlePatch({ webhooks: api.webhooks }, bundle);
        expect(operations.length > 0).toBe(wanted);
        await api.patch('', operations);
        expect(bundlePatch({ webhooks: api.webhooks }, bundle)).toEqual([]);
      }),
    );
  });
});
