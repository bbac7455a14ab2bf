/**
 * The webhook's certificates in its cluster: every replica serves what the Secret holds, and both configurations vouch for
 * it, anyone who deletes, empties or replaces one of them.
 *
 * A configuration that is gone or vouches for nothing is told by /readyz, a metric and the log, and no replica becomes unready
 * for it. That would take all of them out of the Service, and nothing is gained by it: as long as it lasts no apiserver calls
 * any. But once it is mended, which takes milliseconds, pods would be refused for as long as the kubelet's next probe and the
 * EndpointSlices take.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import {
  FIELD_MANAGER,
  maintainCertificates,
  writersOf,
  makeTokenBucket,
  makeNudges,
  secretApi,
  serviceDnsNames,
  webhookConfigurationApi,
  type Certificates,
  type Seen,
  type SecretApi,
  type WebhookConfigurationApi,
} from '@rolechain/certs';
import {
  WEBHOOK_CONFIGURATION_KINDS,
  type CertificateTimes,
  type ErrorCode,
  type Logger,
  type WebhookConfigurationKind,
} from '@rolechain/shared';
import { isOfConfiguration, makeTrouble, troublesOf, type Trouble } from './configuration-trouble.ts';
import { changesSink, ownObjectSource, type OwnObject } from './own-objects.ts';
import { reflect, untilItChanges } from './reflector.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Settings } from '../settings/settings.ts';

export interface CertificateMaintainerOptions {
  readonly settings: Pick<Settings, 'certificateSecret' | 'serviceName' | 'webhookConfiguration'>;
  /** The webhook's own. */
  readonly namespace: string;
  readonly kubeConfig: KubeConfig;
  readonly times: CertificateTimes;
  readonly metrics: Pick<Metrics, 'configurationIs' | 'bundleWritten'>;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface CertificateMaintainer {
  /** Runs until the signal; never rejects. `serve` is called with the first certificates and whenever they have changed. */
  readonly keep: (serve: (certificates: Certificates) => Promise<void>) => Promise<void>;
  /** Why apiservers can't call the webhook, by one configuration or both; empty when they can. */
  readonly notCalled: () => readonly ErrorCode[];
}

/**
 * What another program undoes is done again at once where it comes each few seconds, and not more often than this where it
 * comes at once. A new CA costs half a second of a core.
 */
const BUNDLE_WRITES = { burst: 5, everyMs: 2_000 };
const SECRET_WRITES = { burst: 3, everyMs: 20_000 };
/** After so long in peace a change counts as the first one again. */
const PEACE_MS = 600_000;

export function makeCertificateMaintainer(options: CertificateMaintainerOptions): CertificateMaintainer {
  const { settings, namespace, kubeConfig, times, log, signal } = options;
  const { certificateSecret: secretName, serviceName, webhookConfiguration: configurationName } = settings;
  const nudges = makeNudges();
  const secrets = slowly(secretApi(kubeConfig, namespace, secretName), signal);
  const configurations = WEBHOOK_CONFIGURATION_KINDS.map((kind) => oneConfiguration(kind, options));
  const dnsNames = serviceDnsNames(serviceName, namespace);
  const own: OwnObject[] = [
    { path: ['api', 'v1', 'namespaces', namespace, 'secrets'], name: secretName },
    ...WEBHOOK_CONFIGURATION_KINDS.map((kind) => ({
      path: ['apis', 'admissionregistration.k8s.io', 'v1', `${kind.toLowerCase()}s`],
      name: configurationName,
    })),
  ];
  const watch = (object: OwnObject): Promise<void> =>
    reflect(ownObjectSource(kubeConfig, object), changesSink(nudges.nudge), {
      ...{ log: { info: () => undefined, warn: log.warn.bind(log) }, signal, now: clock, random: Math.random },
      failed: untilItChanges((error) => {
        const fields = { resource: object.path.at(-1), object: object.name, error };
        log.warn(fields, 'certificates: not watched, a change is found within 10 minutes only');
      }),
    });
  return {
    notCalled: () => troublesOf(configurations),
    keep: async (serve) => {
      const kept = maintainCertificates({
        ...{ secret: { api: secrets, namespace, secretName }, dnsNames, configurationName, times, nudges, signal, log },
        configurations: configurations.map(({ api }) => api),
        onChange: serve,
        onSeen: (seen) => configurations.find(({ api }) => api.kind === seen.kind)?.seen(seen),
      });
      await Promise.all([kept, ...own.map(watch)]);
    },
  };
}

const clock = (): number => performance.now();

function slowly({ read, create, replace }: SecretApi, signal: AbortSignal): SecretApi {
  const allowed = makeTokenBucket(SECRET_WRITES);
  return {
    read,
    create: async (secret) => {
      await allowed.take(signal);
      return create(secret);
    },
    replace: async (secret) => {
      await allowed.take(signal);
      return replace(secret);
    },
  };
}

interface OneConfiguration {
  readonly api: WebhookConfigurationApi;
  readonly trouble: Trouble;
  readonly seen: (seen: Seen) => void;
}

function oneConfiguration(
  kind: WebhookConfigurationKind,
  { kubeConfig, metrics, log, signal }: CertificateMaintainerOptions,
): OneConfiguration {
  const api = webhookConfigurationApi(kubeConfig, kind);
  const allowed = makeTokenBucket(BUNDLE_WRITES);
  const trouble = makeTrouble(kind, metrics);
  /** What it was last seen to vouch for. */
  let known: string | undefined;
  let times = 0;
  let lastAt = -Infinity;
  return {
    trouble,
    seen: ({ authority, error }) => {
      if (error === undefined) {
        known = authority;
        trouble.set(undefined);
      } else if (isOfConfiguration(error)) trouble.set(error.code);
      // What was seen last holds.
      else if (known !== authority) trouble.set('CABundleUnpublished');
    },
    api: {
      ...api,
      patch: async (name, operations, found = {}) => {
        trouble.set('CABundleUnpublished');
        if (clock() - lastAt > PEACE_MS) times = 0;
        lastAt = clock();
        times++;
        // Each doubling of their number: a fight that lasts for days must not fill the log.
        if (known !== undefined && Number.isInteger(Math.log2(times))) {
          const fields = { code: trouble.code(), kind, name, times, writers: writersOf(found, FIELD_MANAGER) };
          log.warn(fields, 'certificates: the caBundle was changed, and is put back');
        }
        await allowed.take(signal);
        await api.patch(name, operations);
        metrics.bundleWritten(kind);
      },
    },
  };
}
