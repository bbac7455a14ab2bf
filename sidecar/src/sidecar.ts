/** The parts of a running sidecar and the wires between them. */
import { CodedError, type Logger, type NothingElse, type SidecarConfig } from '@rolechain/shared';
import type { FastifyInstance } from 'fastify';
import { digestTokens, type Answer } from './endpoint/answer.ts';
import { makeAwsClock, type AwsClock } from './sts/aws-clock.ts';
import { makeChains } from './chain/chain.ts';
import type { NodeClock } from './model/clock.ts';
import { codedFields } from './model/coded.ts';
import type { Files } from './model/files.ts';
import { unownedConnections } from './endpoint/unowned-connections.ts';
import { makeHealthServer } from './endpoint/health.ts';
import { makeGarbageCollector } from './runtime/garbage-collection.ts';
import type { Inputs } from './model/process-env.ts';
import type { OnServedStale } from './chain/credential-cache.ts';
import { makeRoleRefresher, type Fetched, type RoleRefresher } from './refresh/role-refresher.ts';
import { listen, retryUntilSuccess, type Persistent } from './endpoint/listen.ts';
import { makeMetrics, type Metrics, type RoleNow } from './telemetry/metrics.ts';
import { describePlan, plan, type RolePlan } from './model/plan.ts';
import { logServedStale, logClock, logFetches, logPersistent, logRefusals } from './telemetry/event-log.ts';
import { makeResponder, type Responder } from './endpoint/responder.ts';
import { makeServer } from './endpoint/server.ts';
import { isValid } from './model/session.ts';
import { makeAgent } from './source/pod-identity.ts';
import { makeStateWriter, type StateWriter } from './startup/state-writer.ts';
import { makeTokens, writeTokens } from './endpoint/bearer-tokens.ts';

export interface SidecarOptions {
  readonly inputs: Inputs;
  readonly files: Files;
  /** The node's own clock; what AWS says of its time is learned here. */
  readonly node: NodeClock;
  readonly logger: Logger;
  /** Gives memory back; called after a fetch, when nobody waits. */
  readonly collectGarbage?: () => void;
}

export interface Sidecar {
  start(): void;
  /** Ends everything; resolves when the last request has its answer. */
  stop(): Promise<void>;
}

/** What the two servers need. */
interface Parts extends SidecarOptions {
  readonly clock: AwsClock;
  readonly plans: readonly RolePlan[];
  readonly refreshers: ReadonlyMap<string, RoleRefresher>;
  readonly metrics: Metrics;
  readonly state: StateWriter;
}

/**
 * In this order: the state file, which says that nothing is ready; the fetches, which wait for
 * nothing; the ports; the token files. What fails there is tried again each second, since no
 * container of the pod may be refused a connection for longer than needed.
 */
export function makeSidecar(options: SidecarOptions): Sidecar {
  const { inputs, files, node, logger } = options;
  const clock = makeAwsClock(node, logClock(logger));
  const plans = plan(inputs.config, inputs.pod);
  const state = makeStateWriter({ plans, files, clock, logger });
  let responder: Responder | undefined;
  const metrics = makeMetrics(
    () => responder?.held() ?? 0,
    () => rolesNow(refreshers.values(), clock.now()),
    () => (clock.known() ? Math.round(clock.offset() / 1000) : undefined),
  );
  const log = logFetches(logger, clock);
  const logBridge = logServedStale(logger, clock);
  const garbage = makeGarbageCollector(clock, options.collectGarbage ?? (() => undefined));
  const refreshers = makeRefreshers(
    plans,
    { ...options, clock },
    {
      onFetched: (event) => {
        log(event);
        metrics.fetched(event);
        state.fetched(event);
        garbage.fetched(event.error === undefined);
      },
      onServedStale: (error) => {
        logBridge(error);
        metrics.bridged(error.code);
      },
    },
  );
  const parts: Parts = { ...options, clock, plans, refreshers, metrics, state };
  const ports: OpenPort[] = [];

  return {
    start: () => {
      logger.info(describe(inputs, plans), 'starting');
      state.save();
      state.watchGate();
      for (const refresher of refreshers.values()) refresher.start();
      ports.push(
        openCredentials(parts, (opened) => (responder = opened)),
        openHealth(parts),
      );
    },
    stop: async () => {
      state.stop();
      log.stop();
      for (const refresher of refreshers.values()) refresher.stop();
      garbage.stop();
      responder?.close();
      await Promise.all(ports.map((port) => port.close()));
    },
  };
}

function* rolesNow(refreshers: Iterable<RoleRefresher>, now: number): Iterable<RoleNow> {
  for (const { role, offer } of refreshers) {
    const { session, error } = offer();
    yield { role, ready: isValid(session, now), code: error?.code };
  }
}

function describe({ config, podIP, pod, proxyEnv }: Inputs, plans: readonly RolePlan[]): object {
  const { namespace, serviceAccount, ports, agentEndpoints, stsEndpoint } = config;
  const roles = plans.map(describePlan);
  const proxied = proxyEnv !== undefined;
  return { namespace, serviceAccount, ...pod, podIP, ports, agentEndpoints, stsEndpoint, proxied, roles };
}

/** Without what the parser and `plan` read, and the servers. */
type FetchConfig = Omit<SidecarConfig, 'version' | 'grammar' | 'cluster' | 'roles' | 'ports'>;

function makeRefreshers(
  plans: readonly RolePlan[],
  { inputs, files, clock }: Pick<Parts, 'inputs' | 'files' | 'clock'>,
  { onFetched, onServedStale }: { readonly onFetched: (event: Fetched) => void; readonly onServedStale: OnServedStale },
): Map<string, RoleRefresher> {
  const { agentEndpoints, stsEndpoint, useFIPSEndpoint, useDualstackEndpoint, ...others }: FetchConfig = inputs.config;
  const { namespace, serviceAccount, ...unread } = others;
  const _none: NothingElse = unread;
  const hasEnded = (expiresAt: number): boolean => clock.known() && expiresAt <= clock.now();
  const fetchOf = makeChains({
    endpoint: stsEndpoint,
    useFIPSEndpoint,
    useDualstackEndpoint,
    proxyEnv: inputs.proxyEnv,
    agent: makeAgent({ endpoints: agentEndpoints, tokenFile: files.podIdentityToken, hasEnded }),
    token: {
      projected: files.irsaToken,
      apiserver: inputs.apiserver,
      folder: files.apiAccess,
      self: { namespace, serviceAccount },
    },
    environmentFolder: files.environment,
    externalIDFolder: files.externalIDs,
    clock,
    hasEnded,
    uptime: clock.uptime,
    onServedStale,
  });
  return new Map(
    plans.map((role) => [role.name, makeRoleRefresher({ role: role.name, fetch: fetchOf(role), clock, onFetched })]),
  );
}

/** A port that is being opened, or open. */
interface OpenPort {
  close(): Promise<void>;
}

/**
 * The credentials endpoint, on loopback alone, and the token files: first the port, then new tokens, then answers. Who
 * had the port while the sidecar was out was sent the old ones, and would be sent the new ones if they came first.
 */
function openCredentials(parts: Parts, onMade: (responder: Responder) => void): OpenPort {
  const { inputs, clock, logger, refreshers, metrics, state } = parts;
  const { credentials: port } = inputs.config.ports;
  const refused = logRefusals(logger, clock);
  const onAnswer = ({ status, code, follows }: Answer): void => {
    if (follows !== undefined) return;
    metrics.answered(status);
    refused(code);
  };
  let responder: Responder;
  let writing: Persistent | undefined;
  const opening = open(parts, {
    make: () => {
      responder = makeResponder({ refreshers, clock, onAnswer });
      onMade(responder);
      return makeServer(responder, (error) => logger.error(codedFields(error), 'internal error while answering'));
    },
    host: '127.0.0.1',
    port,
    onOpen: () => (writing = letIn(parts, responder)),
    onError: (error) => state.notListening(error),
  });
  return {
    close: async () => {
      writing?.stop();
      await opening.close();
    },
  };
}

/** Writes new tokens, however long it takes, and opens the endpoint to them. The first try is over when this returns. */
function letIn({ inputs, files, clock, logger, plans, state }: Parts, responder: Responder): Persistent {
  const { roles, ports } = inputs.config;
  const port = ports.credentials;
  const tokens = makeTokens(files.tokens, new Map(Object.entries(roles).map(([name, { token }]) => [name, token])));
  const accountIDs = new Map(plans.flatMap(({ name, accountID }) => (accountID ? [[name, accountID]] : [])));
  const write = (): void => {
    if (unownedConnections(port) > 0) throw new CodedError('PortShared', `Port ${port}.`);
    writeTokens(files.tokens, tokens);
    responder.open({ port, ...digestTokens(tokens), accountIDs });
    state.listening();
    logger.info({ port }, 'credentials endpoint listens');
  };
  const log = logPersistent(logger, clock, 'tokens not written, trying again each second');
  return retryUntilSuccess(write, clock, (reason) => {
    const error = log(reason);
    responder.shut(error);
    state.notListening(error);
  });
}

function openHealth(parts: Parts): OpenPort {
  const { podIP: host, config } = parts.inputs;
  const { ports } = config;
  return open(parts, { make: () => makeHealthServer({ ...parts, ports }), host, port: ports.health });
}

interface Opening {
  /** May throw a CodedError. */
  readonly make: () => FastifyInstance;
  readonly host: string;
  readonly port: number;
  readonly onOpen?: () => void;
  readonly onError?: (error: CodedError) => void;
}

/** Opens a port, however long it takes. A server that failed to listen is not used again. */
function open({ clock, logger }: Parts, { make, host, port, onOpen, onError }: Opening): OpenPort {
  let server: FastifyInstance | undefined;
  const log = logPersistent(logger, clock, 'port not open, trying again each second');
  const attempt = async (): Promise<void> => {
    await server?.close();
    server = make();
    await listen(server, host, port);
    onOpen?.();
  };
  const opening: Persistent = retryUntilSuccess(attempt, clock, (reason) => onError?.(log(reason)));
  return {
    close: async () => {
      opening.stop();
      await server?.close();
    },
  };
}
