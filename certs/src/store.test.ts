import { inspect } from 'node:util';
import { CertificateError } from './errors.ts';
import { ensureCertificates } from './testing/maintaining.ts';
import type { LookOptions } from './look.ts';
import { daysAfter, makeData, NOW } from './testing/pairs.ts';
import { fromBase64, memorySecret, type MemorySecret } from './testing/memory-api.ts';
import { recordingLog } from '@rolechain/kit/recording-log.ts';

let data: Awaited<ReturnType<typeof makeData>>;

beforeAll(async () => {
  data = await makeData();
});

function setUp(more: Partial<LookOptions> = {}) {
  const api = memorySecret();
  const log = recordingLog();
  const secret = { api, namespace: 'rolechain', secretName: 'rolechain-webhook-tls' };
  const options = { secret, log, wall: () => NOW, ...more };
  return { api, log, options };
}

const stored = (api: MemorySecret) => fromBase64(api.current()?.data);

describe('ensureCertificates', () => {
  it('makes the Secret, and serves what is in it', async () => {
    const { api, options, log } = setUp();
    const made = await ensureCertificates(options);
    expect(api.current()).toMatchObject({
      metadata: { name: 'rolechain-webhook-tls', namespace: 'rolechain' },
      type: 'kubernetes.io/tls',
    });
    expect(Object.keys(stored(api)).sort()).toEqual(['ca.crt', 'ca.key', 'tls.crt', 'tls.key']);
    expect(stored(api)).toMatchObject({ 'tls.crt': made.certificate, 'tls.key': made.key, 'ca.crt': made.bundle });
    expect(made.notAfter).toEqual(daysAfter(90));
    expect(log.lines).toEqual([expect.stringContaining('made'), expect.stringContaining('a new leaf is served')]);
    expect(await ensureCertificates(options)).toEqual(made);
  });

  it('writes nothing where all is well', async () => {
    const { api, options, log } = setUp();
    api.put(data);
    expect(await ensureCertificates(options)).toMatchObject({ certificate: data['tls.crt'], bundle: data['ca.crt'] });
    expect(new Set(api.calls)).toEqual(new Set(['read']));
    expect(log.lines).toEqual([expect.stringContaining('a new leaf is served')]);
  });

  it('ends with the same CA and leaf on five replicas at once', async () => {
    const { api, options } = setUp();
    const all = await Promise.all(Array.from({ length: 5 }, () => ensureCertificates(options)));
    expect(new Set(all.map(({ certificate }) => certificate)).size).toBe(1);
    expect(new Set(all.map(({ bundle }) => bundle)).size).toBe(1);
    expect(stored(api)['tls.crt']).toBe(all[0]?.certificate);
    // Otherwise they never met, and nothing was tried.
    expect(api.calls.filter((verb) => verb === 'create').length).toBeGreaterThan(1);
  });

  it('ends with the same leaf when five replicas renew it at once', async () => {
    const { api, options } = setUp({ wall: () => daysAfter(70) });
    api.put(data);
    const all = await Promise.all(Array.from({ length: 5 }, () => ensureCertificates(options)));
    expect(new Set(all.map(({ certificate }) => certificate)).size).toBe(1);
    expect(all[0]?.certificate).not.toBe(data['tls.crt']);
    expect(all[0]?.bundle).toBe(data['ca.crt']);
    expect(api.calls.filter((verb) => verb === 'replace').length).toBeGreaterThan(1);
  });

  it('renews the leaf as time goes by, and at last the CA, and always ends with something to serve', async () => {
    let now = NOW;
    const { api, options } = setUp({ wall: () => now });
    const leaves = new Set<string>();
    const authorities = new Set<string>();
    for (let days = 0; days <= 1095; days += 73) {
      now = daysAfter(days);
      const { certificate, notAfter } = await ensureCertificates(options);
      leaves.add(certificate);
      authorities.add(stored(api)['ca.key']!);
      expect(notAfter.getTime()).toBeGreaterThanOrEqual(daysAfter(27, now).getTime());
    }
    expect(authorities.size).toBe(4);
    expect(leaves.size).toBe(16);
  });

  it('fills an empty Secret that the manifests brought, and leaves its type, labels and other keys', async () => {
    const { api, options } = setUp();
    api.put({ note: 'kept' }, { type: 'Opaque', metadata: { name: 'rolechain-webhook-tls', labels: { a: 'b' } } });
    const { certificate } = await ensureCertificates(options);
    expect(api.current()).toMatchObject({ type: 'Opaque', metadata: { labels: { a: 'b' } } });
    expect(stored(api)).toMatchObject({ note: 'kept', 'tls.crt': certificate });
  });

  it('replaces garbage', async () => {
    const { api, options, log } = setUp();
    api.put({}, { metadata: {} });
    await api.replace({ ...api.current(), data: { 'ca.crt': 'AAAA', 'tls.crt': 'AAAA' } });
    expect(await ensureCertificates(options)).toMatchObject({ certificate: stored(api)['tls.crt'] });
    expect(log.lines.join()).toContain('AuthorityUnparsable');
  });

  it('refuses to write over a Secret of unknown version', async () => {
    const { api, options } = setUp();
    const blind = { ...api, read: () => Promise.resolve({ data: {} }) };
    await expect(ensureCertificates({ ...options, secret: { ...options.secret, api: blind } })).rejects.toMatchObject({
      code: 'CertificatesUnavailable',
    });
    expect(api.calls).toEqual([]);
  });

  it('gets over conflicts, a Secret that vanishes, an overloaded API server and lost connections', async () => {
    const { api, options } = setUp({ wall: () => daysAfter(70) });
    api.put(data);
    api.fail('read', undefined, 500, 429);
    api.fail('replace', 409, 404);
    const { certificate } = await ensureCertificates(options);
    expect(stored(api)['tls.crt']).toBe(certificate);
    expect(api.calls.filter((verb) => verb === 'replace')).toHaveLength(3);
  });

  it('serves what it wrote when the answer got lost', async () => {
    const { api, options } = setUp();
    const lossy = {
      ...api,
      create: async (secret: Parameters<typeof api.create>[0]) => {
        await api.create(secret);
        throw new TypeError('fetch failed');
      },
    };
    expect(await ensureCertificates({ ...options, secret: { ...options.secret, api: lossy } })).toMatchObject({
      certificate: stored(api)['tls.crt'],
    });
    expect(api.calls.filter((verb) => verb !== 'read')).toEqual(['create']);
  });

  it("serves the standing leaf when a renewal can't be written", async () => {
    const { api, options, log } = setUp({ wall: () => daysAfter(70) });
    api.put(data);
    api.fail('replace', 403);
    expect(await ensureCertificates(options)).toMatchObject({ certificate: data['tls.crt'], notAfter: daysAfter(90) });
    expect(log.lines.join()).toContain('CertificateSecretForbidden');
  });

  it.each([
    [
      'read',
      403,
      'CertificateSecretForbidden',
      /did not get secrets "rolechain-webhook-tls" in namespace "rolechain".*Role/,
    ],
    ['create', 403, 'CertificateSecretForbidden', /did not create secrets "rolechain-webhook-tls"/],
    ['create', 422, 'CertificateSecretUnwritable', /HTTP 422.*immutable/],
    ['read', 400, 'CertificatesUnavailable', /HTTP 400/],
  ] as const)('says what is wrong, at once, when %s is answered with %i', async (verb, status, code, message) => {
    const { api, options } = setUp();
    api.fail(verb, status);
    await expect(ensureCertificates(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(api.calls.filter((called) => called === verb)).toHaveLength(1);
  });

  it('writes nothing that it would itself refuse', async () => {
    const { api, options } = setUp({ dnsNames: ['wébhook.rolechain.svc'] });
    await expect(ensureCertificates(options)).rejects.toMatchObject({
      code: 'CertificatesUnavailable',
      message: expect.stringContaining('LeafNamesDiffer'),
    });
    expect(new Set(api.calls)).toEqual(new Set(['read']));
  });

  it('gives up when the signal says so', async () => {
    const ending = new AbortController();
    const { api, options } = setUp({ signal: ending.signal });
    const { read } = api;
    api.read = () => {
      ending.abort();
      return read();
    };
    api.fail('read', 500, 500);
    await expect(ensureCertificates(options)).rejects.toMatchObject({ code: 'CertificatesUnavailable' });
    expect(api.calls).toEqual(['read']);
  });
});

it('tells no key, neither in the log nor in an error', async () => {
  const { api, options, log } = setUp();
  const said: string[] = [];
  // The double's errors quote what they were sent, as ApiException does with what it was answered.
  for (const [verb, status] of [
    ['create', 422],
    ['create', 403],
    ['read', 403],
  ] as const) {
    api.fail(verb, status);
    const error = (await ensureCertificates(options).catch((e: unknown) => e)) as Error;
    expect(error).toBeInstanceOf(CertificateError);
    said.push(String(error), error.stack!, JSON.stringify(error), inspect(error, { depth: 9, showHidden: true }));
  }
  await ensureCertificates(options);
  api.fail('replace', 422);
  await ensureCertificates({ ...options, wall: () => daysAfter(70) });
  expect(log.lines).toHaveLength(4);
  const everything = [...said, ...log.lines].join('\n');
  expect(everything).not.toMatch(/PRIVATE|LS0tLS1CRUdJTi/);
  for (const key of ['tls.key', 'ca.key']) {
    for (const line of stored(api)[key]!.split('\n').slice(1, -2)) expect(everything).not.toContain(line);
  }
});
