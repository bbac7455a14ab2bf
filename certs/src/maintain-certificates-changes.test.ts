/** What others change, and how a CA follows another. */
import { makeNudges } from './nudges.ts';
import type { Certificates } from './secret-facts.ts';
import { endAll, ensureCertificates, QUICK, setUp, until } from './testing/maintaining.ts';
import { httpError, memoryConfiguration } from './testing/memory-api.ts';
import { daysAfter, makeData } from './testing/pairs.ts';

afterEach(endAll);

const SELDOM = { ...QUICK, checkMs: 3_600_000 };

describe('maintainCertificates', () => {
  it('publishes again at a nudge what somebody wiped, long before the next look', async () => {
    const nudges = makeNudges();
    const { start, configuration, published } = setUp({ times: SELDOM, nudges });
    void start();
    await until(() => published() !== '');
    configuration.webhooks = [{ name: 'pods', clientConfig: { caBundle: '' } }];
    nudges.nudge();
    await until(() => published() !== '');
  });

  it('publishes what is served while the Secret can neither be read nor made', async () => {
    const { start, configuration, published, changes, secret, log } = setUp();
    void start();
    await until(() => changes.length === 1 && published() !== '');
    secret.fail('read', ...Array<number>(1000).fill(403));
    await until(() => log.lines.some((line) => line.includes('CertificateSecretForbidden')));
    configuration.webhooks = [{ name: 'pods', clientConfig: {} }];
    await until(() => published() === changes[0]?.bundle);
    expect(changes).toHaveLength(1);
  });

  it('publishes both CAs before it serves a leaf of the new one, and that one alone once the others do', async () => {
    const { start, secret, configuration, published, changes, options } = setUp({ times: SELDOM });
    const nudges = makeNudges();
    const seen: string[] = [];
    const old = await ensureCertificates(options);
    Object.assign(options, {
      nudges,
      onChange: (next: Certificates) => {
        seen.push(published());
        changes.push(next);
      },
    });
    void start();
    await until(() => published() === old.bundle);
    const data = await makeData();
    secret.put(data);
    nudges.nudge();
    await until(() => published() === data['ca.crt']);
    // At the start nobody is vouched for, so there is nothing to wait for.
    expect(seen).toEqual(['', data['ca.crt'] + old.bundle]);
    expect(changes.map(({ certificate }) => certificate)).toEqual([old.certificate, data['tls.crt']]);
    expect(configuration.patches).toHaveLength(3);
  });

  it.each([404, 403])('serves a new leaf also where one configuration is answered with %i', async (status) => {
    const { start, secret, changes, configuration, published, log, options } = setUp();
    const other = { ...memoryConfiguration([]), read: () => Promise.reject(httpError(status)) };
    Object.assign(options, { configurations: [other, configuration] });
    void start();
    await until(() => changes.length === 1 && published() === changes[0]?.bundle);
    const data = await makeData();
    secret.put(data);
    await until(() => changes.at(-1)?.certificate === data['tls.crt']);
    expect(log.lines.join()).toContain(
      status === 404 ? 'WebhookConfigurationMissing' : 'WebhookConfigurationForbidden',
    );
  });

  it('serves no leaf of another CA while a configuration can not be asked, since it may not vouch for it', async () => {
    const { start, secret, changes, configuration, published, log, options } = setUp();
    const other = memoryConfiguration([{ name: 'accounts', clientConfig: {} }]);
    let isBroken = false;
    const read = (name: string) => (isBroken ? Promise.reject(httpError(400)) : other.read(name));
    Object.assign(options, { configurations: [{ ...other, read }, configuration] });
    void start();
    await until(() => changes.length === 1 && other.webhooks[0]?.clientConfig.caBundle !== undefined);
    isBroken = true;
    // 500 would be asked for again for seconds.
    await until(() => log.lines.some((line) => line.includes('HTTP 400')));
    const data = await makeData();
    secret.put(data);
    await until(() => published().includes(data['ca.crt']));
    expect(changes).toHaveLength(1);
    isBroken = false;
    await until(() => changes.length === 2 && published() === data['ca.crt']);
  });

  it.each([409, 422, undefined])('publishes in the same look after %p', async (status) => {
    const { start, configuration, published, log } = setUp({ times: SELDOM });
    let conflicts = 0;
    configuration.beforePatch = () => {
      if (++conflicts <= 2) throw status === undefined ? new TypeError('fetch failed') : httpError(status);
    };
    void start();
    await until(() => published() !== '');
    expect(conflicts).toBe(3);
    expect(log.lines.filter((line) => line.includes('will retry'))).toEqual([]);
  });

  it('adds a CA beside the present one, has it sign once it is published, and the former one goes in the end', async () => {
    const { start, published, changes, clock } = setUp();
    void start();
    await until(() => changes.length === 1 && published() !== '');
    const first = changes[0]!;
    // Renewed with a third of its life left, or up to a tenth of that later.
    clock.now = daysAfter(257);
    await until(() => changes.at(-1)?.bundle.split('BEGIN').length === 3);
    const last = changes.at(-1)!;
    expect(last.bundle.endsWith(first.bundle)).toBe(true);
    await until(() => published() === last.bundle);
    clock.now = daysAfter(360);
    await until(() => published().split('BEGIN').length === 2);
    expect(last.bundle.startsWith(published())).toBe(true);
  });
});
