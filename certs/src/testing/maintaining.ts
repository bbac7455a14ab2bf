/** Maintained certificates over a Secret and a configuration in memory. */
import { eventually } from '@rolechain/kit/until.ts';
import { CERTIFICATE_TIMES } from '@rolechain/shared';
import { look, type LookOptions, type State } from '../look.ts';
import { maintainCertificates } from '../maintain-certificates.ts';
import type { MaintainOptions } from '../maintain-options.ts';
import type { Certificates } from '../secret-facts.ts';
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

/** Milliseconds where a cluster has seconds and minutes. */
export const QUICK = { ...CERTIFICATE_TIMES, lagMs: 1, settleMs: 2, keepMs: 5, checkMs: 5 };

/** What a replica that starts now comes to serve by one look at a Secret, with no configuration there. */
export async function ensureCertificates(
  options: Partial<LookOptions> & Pick<LookOptions, 'secret' | 'log'>,
): Promise<Certificates> {
  let served: Certificates | undefined;
  const state: State = {
    served: undefined,
    servedSince: 0,
    vouchedSince: new Map(),
    jitter: 0,
    clockWrites: [],
    isClockDoubtful: false,
  };
  const all: LookOptions = {
    ...{ dnsNames: DNS_NAMES, configurationName: 'rolechain', times: CERTIFICATE_TIMES },
    ...{ signal: new AbortController().signal, now: () => 0, wall: () => NOW },
    ...options,
    configurations: [],
    onChange: (certificates) => void (served = certificates),
  };
  await look(all, state);
  if (served === undefined) throw new Error('It rests, and serves nothing.');
  return served;
}

export function setUp(more: Partial<MaintainOptions> = {}) {
  const secret = memorySecret();
  const configuration = memoryConfiguration([{ name: 'pods', clientConfig: {} }]);
  const log = recordingLog();
  const clock = { now: NOW };
  const changes: Certificates[] = [];
  const ending = new AbortController();
  const options: MaintainOptions = {
    secret: { api: secret, namespace: 'rolechain', secretName: 'rolechain-webhook-tls' },
    dnsNames: DNS_NAMES,
    configurations: [configuration],
    configurationName: 'rolechain',
    onChange: (certificates) => void changes.push(certificates),
    times: QUICK,
    wall: () => clock.now,
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
