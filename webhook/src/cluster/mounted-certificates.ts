/**
 * A certificate that another program keeps (the setting certDir): what the mounted Secret holds is served, and nothing is written. Whether both
 * configurations vouch for it is read all the same, each by its name: a CA injector that does not run is told as
 * maintain-certificates.ts tells it, and no replica becomes unready for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  parseMounted,
  publishedBundles,
  readConfiguration,
  readMounted,
  serviceDnsNames,
  vouchesFor,
  webhookConfigurationApi,
  type Certificates,
} from '@rolechain/certs';
import { CodedError, WEBHOOK_CONFIGURATION_KINDS, errorFields, type WebhookConfigurationKind } from '@rolechain/shared';
import { isOfConfiguration, makeTrouble, troublesOf, type Trouble } from './configuration-trouble.ts';
import type { CertificateMaintainer, CertificateMaintainerOptions } from './maintain-certificates.ts';

export type MountedOptions = Omit<CertificateMaintainerOptions, 'times'> & { readonly certDir: string };

/** The kubelet brings a changed Secret within about a minute, and three files are soon read. */
const READ_EVERY_MS = 1000;
const ASK_EVERY_MS = 10_000;
const ASK_AGAIN_MS = 1000;

export function makeMountedCertificates(options: MountedOptions): CertificateMaintainer {
  const { signal } = options;
  let served: Certificates | undefined;
  const configurations = WEBHOOK_CONFIGURATION_KINDS.map((kind) => oneConfiguration(kind, options));
  return {
    notCalled: () => troublesOf(configurations),
    keep: async (serve) => {
      const read = reader(options, async (found) => {
        await serve(found);
        served = found;
      });
      const ask = async (): Promise<number> => {
        await Promise.all(configurations.map(({ look }) => look(served)));
        const isWell = served !== undefined && configurations.every(({ trouble }) => trouble.code() === undefined);
        return isWell ? ASK_EVERY_MS : ASK_AGAIN_MS;
      };
      await Promise.all([again(read, signal), again(ask, signal)]);
    },
  };
}

/** `step` says how soon. */
async function again(step: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(await step(), undefined, { signal }).catch(() => undefined);
  }
}

/** Never rejects: what was served before goes on being served. */
function reader(
  { certDir, settings, namespace, log }: MountedOptions,
  serve: (found: Certificates) => Promise<void>,
): () => Promise<number> {
  const dnsNames = serviceDnsNames(settings.serviceName, namespace);
  let last: string | undefined;
  const say = onChange((fields) => log.error(fields, 'certificates: the mounted ones cannot be served'));
  return async () => {
    try {
      const found = parseMounted(await readMounted(certDir), dnsNames, new Date());
      const text = found.certificate + found.key + found.bundle;
      say(undefined);
      if (text !== last) {
        await serve(found);
        last = text;
        log.info({ notAfter: found.notAfter }, 'certificates: a new leaf is served');
      }
    } catch (error) {
      say(error);
    }
    return READ_EVERY_MS;
  };
}

interface OneConfiguration {
  readonly trouble: Trouble;
  readonly look: (served: Certificates | undefined) => Promise<void>;
}

function oneConfiguration(
  kind: WebhookConfigurationKind,
  { settings, kubeConfig, metrics, log, signal }: MountedOptions,
): OneConfiguration {
  const api = webhookConfigurationApi(kubeConfig, kind);
  const configurationName = settings.webhookConfiguration;
  const trouble = makeTrouble(kind, metrics);
  const say = onChange((fields) => log.warn({ ...fields, kind }, 'certificates: apiservers cannot call the webhook'));
  const set = (error: CodedError | undefined): void => {
    trouble.set(error?.code);
    say(error);
  };
  return {
    trouble,
    look: async (served) => {
      if (served === undefined) return;
      try {
        const bundles = publishedBundles(await readConfiguration({ api, configurationName, signal }));
        set(bundles.every((bundle) => vouchesFor(bundle, served)) ? undefined : unpublished(kind));
      } catch (error) {
        // Else what was seen last holds.
        if (isOfConfiguration(error)) set(error);
      }
    },
  };
}

const unpublished = (kind: WebhookConfigurationKind): CodedError =>
  new CodedError('CABundleUnpublished', `The caBundle of the ${kind} does not vouch for the mounted certificate.`);

/** Says each error once, and again after it has passed. */
function onChange(say: (fields: ReturnType<typeof errorFields>) => void): (error: unknown) => void {
  let before: string | undefined;
  return (error) => {
    const fields = error === undefined ? undefined : errorFields(error);
    const text = JSON.stringify(fields);
    if (fields !== undefined && text !== before) say(fields);
    before = text;
  };
}
