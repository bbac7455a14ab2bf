/** What others change, and how a CA follows another. */
import { CertificateError } from './errors.ts';
import { makeNudges } from './nudges.ts';
import type { Certificates } from './rotation.ts';
import { endAll, setUp, until } from './testing/maintaining.ts';
import { makeData } from './testing/pairs.ts';

afterEach(endAll);

describe('maintainCertificates', () => {
  it('publishes again at a nudge what somebody wiped, long before the next look', async () => {
    const nudges = makeNudges();
    const { start, configuration, published } = setUp({ intervalMs: 3_600_000, nudges });
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
    const { start, secret, configuration, published, changes, options } = setUp({ intervalMs: 3_600_000 });
    const nudges = makeNudges();
    const seen: string[] = [];
    const old = await options.store(options.signal);
    Object.assign(options, {
      ...{ nudges, current: old },
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
    expect(seen).toEqual([data['ca.crt'] + old.bundle]);
    expect(changes.map(({ certificate }) => certificate)).toEqual([data['tls.crt']]);
    expect(configuration.patches).toHaveLength(3);
  });

  it('serves a new leaf also where it can not be published everywhere', async () => {
    const { start, secret, changes, options } = setUp();
    const { publish } = options;
    Object.assign(options, {
      publish: async (...asked: Parameters<typeof publish>) => {
        await publish(...asked);
        throw new CertificateError('WebhookConfigurationMissing', 'The other one.');
      },
    });
    void start();
    await until(() => changes.length === 1);
    const data = await makeData();
    secret.put(data);
    await until(() => changes.at(-1)?.certificate === data['tls.crt']);
  });
});
