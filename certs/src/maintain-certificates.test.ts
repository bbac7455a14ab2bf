import { once } from 'node:events';
import { createServer, get, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { CertificateError } from './errors.ts';
import type { Certificates } from './secret-facts.ts';
import { atEnd, endAll, ensureCertificates, QUICK, setUp, until } from './testing/maintaining.ts';
import { fromBase64 } from './testing/memory-api.ts';
import { daysAfter, DNS_NAMES, makeData } from './testing/pairs.ts';

afterEach(endAll);

/** Nothing but a nudge and what is in hand leads to a look. */
const SELDOM = { ...QUICK, checkMs: 3_600_000 };

describe('maintainCertificates', () => {
  it('serves and publishes at the start, then leaves well alone', async () => {
    const { start, changes, published, secret, configuration } = setUp();
    void start();
    await until(() => secret.calls.length > 10);
    expect(changes).toHaveLength(1);
    expect(published()).toBe(changes[0]?.bundle);
    expect(configuration.patches).toHaveLength(1);
  });

  it('publishes again what somebody wiped', async () => {
    const { start, configuration, published, changes } = setUp();
    void start();
    await until(() => published() !== '');
    configuration.webhooks = [{ name: 'pods', clientConfig: { caBundle: '' } }];
    await until(() => published() !== '');
    expect(published()).toBe(changes[0]?.bundle);
    expect(changes).toHaveLength(1);
  });

  it('takes over a Secret that another replica has replaced', async () => {
    const { start, secret, published, changes } = setUp();
    void start();
    await until(() => changes.length === 1);
    const data = await makeData();
    secret.put(data);
    await until(() => published() === data['ca.crt']);
    expect(changes.map(({ certificate }) => certificate).slice(1)).toEqual([data['tls.crt']]);
  });

  it('renews in time', async () => {
    const { start, clock, changes, secret } = setUp();
    void start();
    await until(() => changes.length === 1);
    clock.now = daysAfter(70);
    await until(() => changes.length === 2);
    expect(changes[1]?.bundle).toBe(changes[0]?.bundle);
    expect(changes[1]?.certificate).toBe(fromBase64(secret.current()?.data)['tls.crt']);
  });

  it('does not leave a bundle published that was outdated while it was being published', async () => {
    // So long an interval that only the look in hand can mend it.
    const { start, secret, configuration, published, changes } = setUp({ times: SELDOM });
    const data = await makeData();
    configuration.beforePatch = () => {
      configuration.beforePatch = () => undefined;
      secret.put(data);
    };
    void start();
    await until(() => published() === data['ca.crt']);
    expect(changes.at(-1)?.certificate).toBe(data['tls.crt']);
  });

  it('logs failures with their code, goes on, and never rejects', async () => {
    const failures = [
      () => new CertificateError('CertificateSecretForbidden', 'Detail.'),
      () => Object.assign(new Error('-----BEGIN PRIVATE KEY-----'), { cause: { code: 'ECONNREFUSED' } }),
      () => new DOMException('x', 'TimeoutError'),
    ];
    const { start, options, log, changes } = setUp();
    const serve = options.onChange;
    const onChange = (certificates: Certificates) => {
      const next = failures.shift();
      return next === undefined ? serve(certificates) : Promise.reject(next());
    };
    Object.assign(options, { onChange });
    void start();
    await until(() => changes.length === 1);
    const errors = log.lines
      .map((line) => JSON.parse(line) as { level: string })
      .filter(({ level }) => level === 'error');
    expect(errors).toMatchObject([
      { code: 'CertificateSecretForbidden', error: expect.stringContaining('Detail.'), failures: 1 },
      { code: 'CertificatesUnavailable', error: 'Error ECONNREFUSED', failures: 2 },
      { code: 'CertificatesUnavailable', error: 'TimeoutError', failures: 3 },
    ]);
    expect(log.lines.join()).not.toContain('PRIVATE');
  });

  it('offers the leaf again when serving it failed, and publishes only then', async () => {
    let attempts = 0;
    const { start, published, options } = setUp();
    Object.assign(options, {
      onChange: () => {
        expect(published()).toBe('');
        if (++attempts < 3) throw new Error('not yet');
      },
    });
    void start();
    await until(() => published() !== '');
    expect(attempts).toBe(3);
  });

  it('ends by its signal, in the pause as well as in the midst of failures, without a word', async () => {
    const waiting = setUp({ times: SELDOM });
    const kept = waiting.start();
    await until(() => waiting.published() !== '');
    waiting.ending.abort();
    await kept;

    const failing = setUp({ onChange: () => Promise.reject(new Error('no')), times: SELDOM });
    const lost = failing.start();
    await until(() => failing.log.lines.some((line) => line.includes('will retry')));
    failing.ending.abort();
    await lost;
    expect(failing.log.lines.filter((line) => line.includes('"error"'))).toHaveLength(1);

    const cut = setUp();
    Object.assign(cut.options, {
      onChange: () => {
        cut.ending.abort();
        return Promise.reject(new Error('cut off'));
      },
    });
    await cut.start();
    expect(cut.log.lines.filter((line) => line.includes('"error"'))).toEqual([]);

    const never = setUp({ signal: AbortSignal.abort() });
    await never.start();
    expect(never.secret.calls).toEqual([]);
  });
});

describe('a server with these certificates', () => {
  const contextOf = ({ certificate, key }: Certificates) => ({
    cert: certificate,
    key,
    minVersion: 'TLSv1.2' as const,
  });

  async function listen(certificates: Certificates): Promise<Server> {
    const server = createServer(contextOf(certificates), (_request, response) => response.end('ok'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    return server;
  }

  /** The certificate that a client sees which trusts the bundle and expects the name; rejects as the handshake does. */
  const seen = (server: Server, ca: string, servername = DNS_NAMES[0]!): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      get({ host: '127.0.0.1', port, ca, servername, agent: false }, (response) => {
        const certificate = response.socket instanceof TLSSocket ? response.socket.getPeerX509Certificate() : undefined;
        response.resume().on('end', () => resolve(certificate?.toString() ?? ''));
      }).on('error', reject);
    });

  it('is trusted by who trusts the bundle, under each of its names and no other', async () => {
    // TLS clients go by the real clock.
    const certificates = await ensureReal();
    const server = await listen(certificates);
    for (const name of DNS_NAMES) expect(await seen(server, certificates.bundle, name)).toBe(certificates.certificate);
    await expect(seen(server, certificates.bundle, 'other.rolechain.svc')).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    const foreign = await makeData(new Date());
    await expect(seen(server, foreign['ca.crt'])).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    expect(await seen(server, foreign['ca.crt'] + certificates.bundle)).toBe(certificates.certificate);
  });

  it('takes a renewed leaf without a restart', async () => {
    const { start, options, clock, secret, changes } = setUp();
    // Renewed by then, and valid now: certificates begin an hour back.
    const renewAt = new Date();
    clock.now = new Date(renewAt.getTime() - 70 * 86_400_000);
    const first = await ensureCertificates(options);
    const server = await listen(first);
    Object.assign(options, {
      onChange: (next: Certificates) => {
        server.setSecureContext(contextOf(next));
        changes.push(next);
      },
    });
    void start();
    await until(() => changes.length === 1);
    expect(await seen(server, first.bundle)).toBe(first.certificate);
    clock.now = renewAt;
    await until(() => changes.length === 2);
    const renewed = fromBase64(secret.current()?.data)['tls.crt'];
    expect(renewed).not.toBe(first.certificate);
    expect(await seen(server, first.bundle)).toBe(renewed);
  });

  async function ensureReal(): Promise<Certificates> {
    const { options, clock } = setUp();
    clock.now = new Date();
    return ensureCertificates(options);
  }
});
