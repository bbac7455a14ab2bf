/** Maintained certificates over a Secret and a configuration in memory. */
import { eventually } from '@rolechain/kit/until.ts';
import { maintainCertificates, type MaintainOptions } from '../maintain-certificates.ts';
import { publishCaBundle } from '../publish.ts';
import type { Certificates } from '../rotation.ts';
import { ensureCertificates } from '../store.ts';
import { memoryConfiguration, memorySecret } from './memory-api.ts';
import { DNS_NAMES, NOW } from './pairs.ts';
import { recordingLog } from '@rolechain/kit/recording-log.ts';

/** What `afterEach` ends. */
const ended: (() => unknown)[] = [];

export const atEnd = (end: () => unknown): void => void ended.push(end);

export async function endAll(): Promise<void> {
  for (const end of ended.splice(0).reverse()) await end();
}

/** Waits until `check` holds, which takes milliseconds. */
export async function until(check: () => boolean): Promise<void> {
  await eventually('it holds', check, { everyMs: 2 });
}

export function setUp(more: Partial<MaintainOptions> = {}) {
  const secret = memorySecret();
  const configuration = memoryConfiguration([{ name: 'pods', clientConfig: {} }]);
  const log = recordingLog();
  const clock = { now: NOW };
  const changes: Certificates[] = [];
  const ending = new AbortController();
  const options: MaintainOptions = {
    store: (signal) =>
      ensureCertificates({
        api: secret,
        namespace: 'rolechain',
        secretName: 'tls',
        dnsNames: DNS_NAMES,
        now: () => clock.now,
        log,
        signal,
      }),
    publish: (bundle, others, signal) =>
      publishCaBundle({ api: configuration, configurationName: 'rolechain', bundle, others, signal }),
    onChange: (certificates) => void changes.push(certificates),
    intervalMs: 5,
    overlap: { lagMs: 1, keepMs: 5 },
    signal: ending.signal,
    log,
    ...more,
  };
  const start = () => {
    const kept = maintainCertificates(options);
    ended.push(async () => {
      ending.abort();
      await kept;
    });
    return kept;
  };
  const published = () => Buffer.from(configuration.webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();
  return { secret, configuration, log, clock, changes, ending, options, start, published };
}
