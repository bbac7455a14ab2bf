/** Entry of dist/webhook.cjs: reads the configuration once, checks it whole, and wires the parts together. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import {
  ensureCertificates,
  keepCertificates,
  publishCaBundle,
  secretApi,
  webhookConfigurationApi,
  type Certificates,
} from '@rolechain/certs';
import {
  ENV,
  PATHS,
  VERSION,
  errorFields,
  formatProblems,
  makeLogger,
  type ErrorCode,
  type Logger,
} from '@rolechain/shared';
import type { FastifyInstance } from 'fastify';
import { nodeRegion } from './cluster/region.ts';
import { reflect } from './cluster/reflector.ts';
import { accountReader, accountSource, makeAccountCache, makeLookup } from './cluster/service-accounts.ts';
import { makeMetrics } from './metrics.ts';
import { makeAdmissionServer, makeHealthServer, setCertificate, type ServerOptions } from './server.ts';
import { parseSettings, type Settings } from './settings.ts';

/** Exit code of a configuration that is not valid, as sysexits has no better. */
const EXIT_SETTINGS = 2;
/** How long pooled connections of the apiserver are still answered after SIGTERM: EndpointSlices take a moment. */
const DRAIN_MS = 5000;

async function main(): Promise<void> {
  const settings = readSettings();
  const log = makeLogger('rolechain-webhook', settings.logLevel);
  log.info({ version: VERSION, settings }, 'starting');
  const namespace = process.env[ENV.namespace] ?? 'rolechain';
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const stop = new AbortController();

  const cache = makeAccountCache(Date.now);
  const state: State = { region: settings.region, server: undefined, draining: false };
  const metrics = makeMetrics();
  metrics.accounts(cache.size);
  const options: ServerOptions = {
    lookup: makeLookup(cache, accountReader(kubeConfig)),
    settings: () => (state.region === undefined ? undefined : { ...settings, region: state.region }),
    notReady: () => notReady(state, cache.synced()),
    ...{ metrics, log, random: Math.random },
  };

  const health = makeHealthServer(options);
  await health.listen({ host: settings.address, port: settings.healthPort });
  const serve = async (certificates: Certificates): Promise<void> => {
    metrics.certificateExpires(new Date(certificates.notAfter));
    if (state.server) {
      setCertificate(state.server, certificates);
      return;
    }
    const server = makeAdmissionServer(certificates, options);
    server.addHook('onSend', async (_request, reply) => {
      if (state.draining) void reply.header('connection', 'close');
    });
    const address = await server.listen({ host: settings.address, port: settings.port });
    state.server = server;
    log.info({ address }, 'listening');
  };

  process.once('SIGTERM', () => void shutDown(state, stop, health, log));
  process.once('SIGINT', () => void shutDown(state, stop, health, log));
  await Promise.all([
    findRegion(state, kubeConfig, log, stop.signal),
    reflect(accountSource(kubeConfig), cache.sink, { log, signal: stop.signal, now: Date.now, random: Math.random }),
    keep(settings, namespace, kubeConfig, serve, log, stop.signal),
  ]);
}

interface State {
  region: string | undefined;
  server: FastifyInstance | undefined;
  draining: boolean;
}

function notReady(state: State, synced: boolean): ErrorCode[] {
  return [
    ...(state.draining ? ['ShuttingDown' as const] : []),
    ...(state.server ? [] : ['CertificatesUnavailable' as const]),
    ...(state.region === undefined ? ['RegionUnknown' as const] : []),
    ...(synced ? [] : ['CacheNotSynced' as const]),
  ];
}

function keep(
  settings: Settings,
  namespace: string,
  kubeConfig: KubeConfig,
  onChange: (certificates: Certificates) => Promise<void>,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { certificateSecret: secretName, serviceName, webhookConfiguration: configurationName } = settings;
  const secrets = secretApi(kubeConfig, namespace, secretName);
  const configurations = webhookConfigurationApi(kubeConfig, 'MutatingWebhookConfiguration');
  const dnsNames = [`${serviceName}.${namespace}.svc`, `${serviceName}.${namespace}.svc.cluster.local`];
  return keepCertificates({
    store: (aborted) =>
      ensureCertificates({
        api: secrets,
        namespace,
        secretName,
        dnsNames,
        now: () => new Date(),
        log,
        signal: aborted,
      }),
    publish: (bundle, aborted) => publishCaBundle({ api: configurations, configurationName, bundle, signal: aborted }),
    ...{ onChange, signal, log },
  });
}

async function findRegion(state: State, kubeConfig: KubeConfig, log: Logger, signal: AbortSignal): Promise<void> {
  while (state.region === undefined && !signal.aborted) {
    try {
      state.region = await nodeRegion(kubeConfig, process.env[ENV.nodeName]);
      log.info({ region: state.region }, "the Region is that of the node's label");
    } catch (error) {
      log.error(errorFields(error), 'not ready');
      await sleep(5000, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Readiness first, so that no new connection comes; then the open ones are answered to their end. */
async function shutDown(state: State, stop: AbortController, health: FastifyInstance, log: Logger): Promise<void> {
  state.draining = true;
  stop.abort();
  log.info({}, 'shutting down');
  await sleep(DRAIN_MS);
  await state.server?.close();
  await health.close();
  process.exit(0);
}

function readSettings(): Settings {
  const { values } = parseArgs({ options: { settings: { type: 'string', default: PATHS.settings } } });
  let text: string;
  try {
    text = readFileSync(values.settings, 'utf8');
  } catch (error) {
    return fail(`${values.settings} can't be read: ${error instanceof Error ? error.message : ''}`);
  }
  const settings = parseSettings(text);
  return settings.ok ? settings.value : fail(`${values.settings}: ${formatProblems(settings.problems)}`);
}

function fail(message: string): never {
  process.stderr.write(`rolechain-webhook: ${message} [SettingsInvalid]\n`);
  process.exit(EXIT_SETTINGS);
}

main().catch((error: unknown) => {
  makeLogger('rolechain-webhook').fatal(errorFields(error), 'ended');
  process.exit(1);
});
