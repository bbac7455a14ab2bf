/** Entry of dist/webhook-program.cjs: reads the configuration once, checks it whole, and wires the parts together. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { describeFailure, serviceDnsNames, type Certificates } from '@rolechain/certs';
import {
  CodedError,
  ENV,
  LIMITS,
  PATHS,
  VERSION,
  eksWebhook,
  errorFields,
  logCodeCacheUse,
  makeLogger,
  programText,
  warningFields,
  type ErrorCode,
  type Logger,
  type NothingElse,
} from '@rolechain/shared';
import type { FastifyInstance } from 'fastify';
import { describeCA } from './settings/client-ca.ts';
import { makeNamespaceCache, makeNamespaceLookup, namespaceReader, namespaceSource } from './cluster/namespaces.ts';
import { eventApi } from './cluster/event-api.ts';
import { actionsReader, watchGuard } from './cluster/guard-bindings.ts';
import { limitRangeSource, makeLimitRangeCache } from './cluster/limit-ranges.ts';
import { nodeRegion } from './cluster/region.ts';
import { reflect, untilItChanges } from './cluster/reflector.ts';
import {
  accountReader,
  accountSource,
  serviceAccountProjector,
  lookupWithEksKeys,
  makeAccountCache,
  makeLookup,
} from './cluster/service-accounts.ts';
import { makeCertificateMaintainer, type CertificateMaintainerOptions } from './cluster/maintain-certificates.ts';
import { makeMountedCertificates } from './cluster/mounted-certificates.ts';
import type { CachedObject } from './cluster/kind.ts';
import { watchedSink } from './cluster/watched-sink.ts';
import { asksForRole } from './objects/service-account.ts';
import { makeJudgements } from './policy/judgements.ts';
import { makeLateAnnotations } from './telemetry/late-annotations.ts';
import { makeEventRecorder } from './telemetry/event-recorder.ts';
import { makeMetrics } from './telemetry/metrics.ts';
import { watchSettings } from './telemetry/settings-watch.ts';
import { makeAdmissionServer, makeHealthServer, setCertificate, type ServerOptions } from './endpoint/server.ts';
import { warmUp } from './warm-up/warm-up.ts';
import type { DecideSettings, Settings } from './settings/settings.ts';
import { settingsWarnings } from './settings/settings-warnings.ts';
import { certificateTimes, readSettings, settingsFile } from './start-options.ts';

/** How long pooled connections of the apiserver are still answered after SIGTERM: EndpointSlices take a moment. */
const DRAIN_MS = 5000;
/** Then for what is being answered: a request that never comes in whole must not use up the grace period. */
const CLOSE_MS = 3000;

/** LimitRanges may be a right that the admin doesn't give: asked for seldom then, and said once. */
const LIMIT_RANGES_AGAIN_MS = 300_000;

/** Of reviews that nobody sent. */
const ANY_REGION = 'us-east-1';

const HELP = {
  usage: `The mutating and validating webhook. Options:
  --settings <path>  the settings, a YAML document (default ${PATHS.settings})
  --help             this text
  --version          the version`,
  example: 'node webhook.cjs --settings settings.yaml',
};

async function main(): Promise<void> {
  const text = programText(process.argv.slice(2), HELP);
  if (text !== undefined) {
    process.stdout.write(text);
    return;
  }
  const file = settingsFile();
  const settings = readSettings(file);
  const times = certificateTimes();
  const log = makeLogger('rolechain-webhook', settings.logLevel);
  const { clientCA, clientNames: names, ...others } = settings;
  const {
    address,
    port,
    healthPort,
    eksWebhook: flags,
    mode,
    events: hasEvents,
    logLevel: _,
    ...unread
  }: OwnSettings = others;
  const _none: NothingElse = unread;
  const eks = eksWebhook(flags);
  const project = serviceAccountProjector(eks);
  const clients = clientCA === undefined ? undefined : { ca: clientCA, names };
  log.info(
    { version: VERSION, settings: { ...settings, ...(clients ? { clientCA: describeCA(clients.ca) } : {}) } },
    'starting',
  );
  logCodeCacheUse(log);
  for (const code of settingsWarnings(settings)) log.warn(warningFields(code), 'the settings are unwise');
  const namespace = process.env[ENV.namespace] ?? 'rolechain';
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const stop = new AbortController();

  const now = (): number => performance.now();
  const cache = makeAccountCache(now);
  const namespaces = makeNamespaceCache(now);
  const limitRanges = makeLimitRangeCache(now);
  const state: State = {
    ...{ region: settings.region, server: undefined, draining: false, withoutLimitRanges: false, warming: false },
  };
  const metrics = makeMetrics();
  metrics.accounts(cache.size);
  metrics.limitRanges(limitRanges);
  const heard = metrics.cacheAges(now);
  const late = makeLateAnnotations(now, metrics.slipped);
  const seen = ({ key, annotations }: CachedObject): void => {
    const [inNamespace = '', name = ''] = key.split('/');
    if (asksForRole({ namespace: inNamespace, name, annotations }, settings)) late.asks(key);
  };
  const own = { settings, namespace, kubeConfig, metrics, log, signal: stop.signal };
  const { certDir } = settings;
  const certificates =
    certDir === undefined ? makeCertificateMaintainer({ ...own, times }) : makeMountedCertificates({ ...own, certDir });
  const events = makeEventRecorder({
    ...{ api: eventApi(kubeConfig, hostname()), metrics, log, signal: stop.signal, now, date: () => new Date() },
  });
  const guard = watchGuard({ read: actionsReader(kubeConfig), metrics, log, signal: stop.signal });
  // Made once, since what is kept of accounts is kept for these very settings (decide-account.ts). A Region stays.
  let decideSettings: DecideSettings | undefined;
  const withRegion = (region: string): DecideSettings => ({ ...others, eks, region });
  const random = { random: Math.random, randomToken: () => randomBytes(32).toString('base64url') };
  const known = { eks, fluxAlias: settings.fluxAlias, namespaceDefaultRole: settings.namespaceDefaultRole, mode };
  const readAccount = accountReader(kubeConfig, LIMITS.liveLookupMs, project);
  const options: ServerOptions = {
    lookup: lookupWithEksKeys(makeLookup(cache, metrics.countLookups('serviceaccounts', readAccount)), eks),
    ...{ ...known, clients, ...random, metrics, log },
    leftAlone: late.leftAlone,
    lookupNamespace: makeNamespaceLookup(namespaces, metrics.countLookups('namespaces', namespaceReader(kubeConfig))),
    limitRulesOf: limitRanges.rulesOf,
    judgements: makeJudgements(),
    settings: () => (state.region === undefined ? undefined : (decideSettings ??= withRegion(state.region))),
    notReady: () =>
      notReady(state, cache.synced() && namespaces.synced() && (limitRanges.synced() || state.withoutLimitRanges)),
    notCalled: certificates.notCalled,
    guardTroubles: guard.troubles,
    ...(hasEvents ? { tellEvent: events.tell } : {}),
  };

  const health = makeHealthServer(options);
  await listen(health, address, healthPort);
  const serve = async (current: Certificates): Promise<void> => {
    metrics.certificatesExpire(current);
    if (state.server) {
      setCertificate(state.server, current, clients);
      return;
    }
    const server = makeAdmissionServer(current, options);
    server.addHook('onSend', async (_request, reply) => {
      if (state.draining) void reply.header('connection', 'close');
    });
    // The maintainer would try again for ever; a port that is taken stays so.
    const listensAt = await listen(server, address, port).catch(end);
    state.server = server;
    state.warming = true;
    log.info({ address: listensAt }, 'listening');
    // Not waited for: the certificate's own work goes on beside it.
    void warmUp({
      ...{ ...known, ...random, logLevel: settings.logLevel, certificate: current, signal: stop.signal },
      settings: withRegion(state.region ?? ANY_REGION),
      serverName: serviceDnsNames(settings.serviceName, namespace)[0] ?? '',
    }).finally(() => (state.warming = false));
  };

  // A kubelet that starts again signals once more: without a listener that would end it at once.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => void shutDown({ state, stop, health, log, flush: hasEvents ? events.flush : undefined }));
  const reflecting = { log, signal: stop.signal, now, random: Math.random };
  await Promise.all([
    findRegion(state, kubeConfig, log, stop.signal),
    reflect(
      accountSource(kubeConfig, {}, project),
      watchedSink(cache.sink, { heard: () => heard('serviceaccounts'), seen }),
      reflecting,
    ),
    reflect(
      namespaceSource(kubeConfig),
      watchedSink(namespaces.sink, { heard: () => heard('namespaces') }),
      reflecting,
    ),
    reflect(limitRangeSource(kubeConfig), watchedSink(limitRanges.sink, { heard: () => heard('limitranges') }), {
      ...{ ...reflecting, backoffMaxMs: LIMIT_RANGES_AGAIN_MS },
      failed: untilItChanges((error) => {
        state.withoutLimitRanges = true;
        log.info({ error }, 'LimitRanges are not known');
      }),
    }),
    certificates.keep(serve),
    watchSettings({ inUse: settings, read: () => readFileSync(file, 'utf8'), metrics, log, signal: stop.signal }),
    // The right to read the bindings is used under this mode alone.
    ...(mode === 'audit' ? [guard.keep()] : []),
    ...(hasEvents ? [events.keep()] : []),
  ]);
}

/** What `decide`, the keeper of certificates and the servers' client certificates don't read. */
type OwnSettings = Omit<
  Settings,
  keyof DecideSettings | keyof CertificateMaintainerOptions['settings'] | 'certDir' | 'clientCA' | 'clientNames'
>;

interface State {
  region: string | undefined;
  server: FastifyInstance | undefined;
  draining: boolean;
  /** Reviews of its own are being answered (warm-up.ts). */
  warming: boolean;
  /** A list of them has failed: the first pods need not wait for it. */
  withoutLimitRanges: boolean;
}

function notReady(state: State, synced: boolean): ErrorCode[] {
  return [
    ...(state.draining ? ['ShuttingDown' as const] : []),
    ...(state.server ? [] : ['CertificatesUnavailable' as const]),
    ...(state.region === undefined ? ['RegionUnknown' as const] : []),
    ...(synced ? [] : ['CacheNotSynced' as const]),
    ...(state.warming ? ['WarmingUp' as const] : []),
  ];
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

async function listen(server: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await server.listen({ host, port, backlog: LIMITS.listenBacklog });
  } catch (error) {
    const fix = 'Write another port into the setting port or healthPort, or end the process that uses this one.';
    throw new CodedError('ListenFailed', `${host} port ${port}: ${describeFailure(error)}.`, { cause: error, fix });
  }
}

interface Ending {
  readonly state: State;
  readonly stop: AbortController;
  readonly health: FastifyInstance;
  readonly log: Logger;
  /** Of the events, which the last reviews lead to as well. */
  readonly flush: (() => Promise<void>) | undefined;
}

/**
 * Readiness first, so that no new connection comes; then the open ones are answered to their end. Until then
 * the accounts are watched on: the answers must not be of yesterday.
 */
async function shutDown({ state, stop, health, log, flush }: Ending): Promise<void> {
  if (state.draining) return;
  state.draining = true;
  log.info({}, 'shutting down');
  await sleep(DRAIN_MS);
  stop.abort();
  await Promise.race([state.server?.close(), sleep(CLOSE_MS)]);
  await flush?.();
  await health.close();
  process.exit(0);
}

function end(error: unknown): never {
  makeLogger('rolechain-webhook').fatal(errorFields(error), 'exiting after fatal error');
  process.exit(1);
}

main().catch(end);
