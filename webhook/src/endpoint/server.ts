/** The edge of the webhook: HTTP over TLS for the apiserver, plain HTTP for the kubelet and Prometheus. */
import { createServer } from 'node:http';
import { createServer as createTLSServer, type Server as HttpsServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type onRequestHookHandler,
} from 'fastify';
import { CodedError, LIMITS, PATHS, errorEntry, type EksWebhook, type ErrorCode, type Logger } from '@rolechain/shared';
import { answerBadHTTP, answerLate, handleErrors, sendError, type Routes } from './answer-errors.ts';
import { auditPod, auditWritten, modeFields, type Mode } from '../admission/audit.ts';
import { readReview, respond, type Review } from '../admission/pod-review.ts';
import type { ReviewResponse } from '../admission/review.ts';
import {
  decideWritten,
  evaluateServiceAccount,
  readAnnotationReview,
  respondWritten,
  type AnnotationReview,
  type Judged,
} from '../admission/service-account-review.ts';
import { decideSettings } from '../admission/settings-review.ts';
import { checkCaller, clientOptions, contextOptions } from './client-certificates.ts';
import { boundConnections, workOf } from './connections.ts';
import { defaultRoleFindings } from '../policy/default-role-findings.ts';
import type { Decision } from '../policy/decision.ts';
import { mayHaveDefaultRole } from '../policy/default-role.ts';
import { keptRolesOfAccount, keptRolesOfNamespace } from '../policy/kept-roles.ts';
import { lookUpContext } from '../admission/context.ts';
import { decideWithLookups, settingsOf, type DecideOptions } from '../admission/decide-with-lookups.ts';
import { decisionFields } from '../admission/decision-line.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { RandomSource } from '../patch/patch.ts';
import { hasOddBody, readBody } from './read-body.ts';
import { asksForRole } from '../objects/service-account.ts';
import type { Clients } from '../settings/client-ca.ts';

export interface ServerOptions extends DecideOptions, RandomSource {
  /** The setting of that name, which is known before the Region is; default enforce. */
  readonly mode?: Mode;
  /** Who may ask for reviews; undefined: anyone who reaches the port. */
  readonly clients?: Clients | undefined;
  /** Of the EKS webhook beside; `lookup` gives accounts with its default keys. Default: the one with the defaults. */
  readonly eks?: EksWebhook;
  /** What keeps the webhook from being ready; empty when it is. */
  readonly notReady: () => readonly ErrorCode[];
  /** What keeps apiservers from calling any replica: told by /readyz, which stays 200 (maintain-certificates.ts); default none. */
  readonly notCalled?: () => readonly ErrorCode[];
  /** What keeps `mode: audit` from letting every pod pass: told by /readyz, which stays 200; default none. */
  readonly guardTroubles?: () => readonly ErrorCode[];
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Milliseconds from the first byte of a request until its answer is taken; default LIMITS.requestMs. */
  readonly requestMs?: number;
}

export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/** Go's client keeps a connection idle for 90 s (apimachinery, util/net/http.go): the server must not close first. */
const KEEP_ALIVE_MS = 120_000;
/**
 * For connections that the apiserver opened and hasn't used yet: Node counts them as requests that began. It wants the
 * figure for headers and for whole requests alike: of two different ones it takes the smaller one for headers
 * (node_http_parser.cc). What did begin has LIMITS.requestMs (connections.ts).
 */
const UNUSED_MS = 125_000;
const TIMEOUTS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: UNUSED_MS,
  requestTimeout: UNUSED_MS,
  connectionsCheckingInterval: UNUSED_MS / 5,
} as const;

/**
 * The admission server. A server that closes a connection before the apiserver does makes it write into a
 * closed connection, and the pod goes without us.
 */
export function makeAdmissionServer({ key, certificate }: Certificate, options: ServerOptions): FastifyInstance {
  const { clients, requestMs = LIMITS.requestMs } = options;
  const tls = {
    ...contextOf({ key, certificate }, clients),
    ...clientOptions(clients),
    handshakeTimeout: requestMs,
  };
  const server = Fastify({
    ...COMMON,
    forceCloseConnections: 'idle',
    serverFactory: (handle) =>
      boundConnections((bounds, bounded) => createTLSServer({ ...tls, ...TIMEOUTS, ...bounds }, bounded), handle, {
        ...{ connections: LIMITS.webhookConnections.admission, requestMs, endLate: answerLate, endsAtHead: hasOddBody },
      }),
  });
  acceptRawJSON(server);
  // Before anything of the body is read.
  const hooks = clients === undefined ? {} : { onRequest: callerHook(clients) };
  server.post(PATHS.mutate, hooks, async (request, reply) => {
    const started = process.hrtime.bigint();
    const answer = await mutate(request, options).finally(() => {
      options.metrics.took(Number(process.hrtime.bigint() - started) / 1e9);
    });
    return reply.send(answer);
  });
  server.post(PATHS.validate, hooks, async (request, reply) => reply.send(await validate(request, options)));
  addHealth(server, options);
  handleErrors(server, options);
  return server;
}

/** Health and metrics without TLS, on a port of their own. */
export function makeHealthServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({
    ...COMMON,
    forceCloseConnections: true,
    serverFactory: (handle) =>
      boundConnections((bounds, bounded) => createServer({ ...TIMEOUTS, ...bounds }, bounded), handle, {
        ...{ connections: LIMITS.webhookConnections.health, requestMs: options.requestMs, endLate: answerLate },
      }),
  });
  // Nothing here takes a body: one that comes is thrown away as it comes.
  server.removeAllContentTypeParsers();
  addHealth(server, options);
  const render = once(() => options.metrics.registry.metrics());
  server.get(PATHS.metrics, async (_request, reply) => {
    return reply.header('content-type', options.metrics.registry.contentType).send(await render());
  });
  handleErrors(server, options);
  return server;
}

function callerHook(clients: Clients): onRequestHookHandler {
  return ({ raw: { socket } }, _reply, done) => {
    try {
      checkCaller(socket, clients);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

/** The same promise for all who ask while it is pending. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () => (pending ??= make().finally(() => (pending = undefined)));
}

const COMMON = {
  logger: false,
  // While it drains, pooled connections of the apiserver must still get their answers.
  return503OnClosing: false,
  clientErrorHandler: answerBadHTTP,
  frameworkErrors: (_error: Error, _request: FastifyRequest, reply: FastifyReply) => {
    void sendError(reply, new CodedError('PathUnknown'));
  },
} as const;

/** New connections get the new certificate; those that stand go on. `clients` as the server was made with. */
export function setCertificate(server: FastifyInstance, certificate: Certificate, clients?: Clients): void {
  (server.server as unknown as HttpsServer).setSecureContext(contextOf(certificate, clients));
}

function contextOf({ key, certificate }: Certificate, clients: Clients | undefined): SecureContextOptions {
  return { key, cert: certificate, minVersion: 'TLSv1.2', ...contextOptions(clients) };
}

async function mutate(request: FastifyRequest, options: ServerOptions): Promise<ReviewResponse> {
  const review = readReview(request.body as string, workOf(request.raw).hold);
  const decision = await decideReview(review, options);
  // Also where nobody gets it: what fails would fail so.
  const answer = respond(review, decision, options);
  workOf(request.raw).hold(answer.response.patch?.length ?? 0);
  const { mode = 'enforce', metrics } = options;
  metrics[mode === 'audit' ? 'audited' : 'decided'](decision.outcome, decision.reason);
  logDecision(review, decision, mode, options.log);
  return mode === 'audit' ? auditPod(answer, decision) : answer;
}

async function decideReview({ pod, namespace }: Review, options: ServerOptions): Promise<Decision> {
  if (pod === undefined) return { outcome: 'skipped', reason: 'NoPod', warnings: [] };
  return (await decideWithLookups(pod, namespace, options)).decision;
}

/** A ServiceAccount, a Namespace or the settings that are being written. What can't be looked up is a failed call, as for a pod. */
async function validate(request: FastifyRequest, options: ServerOptions): Promise<ReviewResponse> {
  const review = readAnnotationReview(request.body as string, workOf(request.raw).hold, options.eks);
  const { uid, dryRun, written, settings } = review;
  const { mode = 'enforce' } = options;
  const decision = settings
    ? decideSettings(settings)
    : decideWritten(written, await judgeReview(review, options), await keptRoles(review, options));
  const { reason, message: error } = decision;
  const object = settings ?? written;
  if (object && error !== undefined) {
    const fields = { uid, object: object.name, reason, dryRun, error, ...modeFields(mode) };
    options.log.warn(fields, `${mode === 'audit' ? 'would have refused' : 'refused'} ${object.kind}`);
  }
  const answer = respondWritten(review, decision);
  return mode === 'audit' ? auditWritten(answer, decision) : answer;
}

async function judgeReview({ account, namespace }: AnnotationReview, options: ServerOptions): Promise<Judged> {
  if (namespace) return defaultRoleFindings(namespace, settingsOf(options));
  if (!asksForRole(account, options)) return undefined;
  const settings = settingsOf(options);
  return evaluateServiceAccount(account, settings, await lookUpContext(account, settings, options), options.judgements);
}

/** Under `mode: audit` pods get no role, and a restart would take what they have. No write is held up for want of a warning. */
async function keptRoles({ change }: AnnotationReview, options: ServerOptions): Promise<readonly string[]> {
  const settings = options.settings();
  if (!change || !settings || options.mode === 'audit') return [];
  if (change.of === 'Namespace') return keptRolesOfNamespace(change, settings);
  const { before, after } = change;
  const mayBeDefault = [before, after].some((account) => mayHaveDefaultRole(account, settings));
  const namespace = mayBeDefault ? await options.lookupNamespace(after.namespace).catch(() => undefined) : {};
  return namespace ? keptRolesOfAccount(change, namespace, settings, options.judgements) : [];
}

const LEVELS = { refused: 'warn', injected: 'info', skipped: 'debug' } as const;
const LOGGED = {
  enforce: { refused: 'refused pod', injected: 'injected pod', skipped: 'skipped pod' },
  audit: {
    refused: 'would have refused pod',
    injected: 'would have injected pod',
    skipped: 'would have skipped pod',
  },
} as const;

function logDecision(review: Review, decision: Decision, mode: Mode, log: Logger): void {
  const level = LEVELS[decision.outcome];
  // Most pods ask for nothing: their line, which no default shows, is not made.
  if (log.isLevelEnabled(level)) log[level](decisionFields(review, decision, mode), LOGGED[mode][decision.outcome]);
}

/** The body stays text until readReview parses it: fastify's own parser would refuse keys like __proto__. */
function acceptRawJSON(server: {
  addContentTypeParser: FastifyInstance['addContentTypeParser'];
  removeAllContentTypeParsers: () => void;
}): void {
  server.removeAllContentTypeParsers();
  // The apiserver's own form by name: found without reading the header again.
  for (const type of ['application/json', '*'])
    server.addContentTypeParser(type, ({ raw }: FastifyRequest) => readBody(raw, workOf(raw)));
}

function addHealth(routes: Routes, options: ServerOptions): void {
  routes.get(PATHS.healthz, (_request, reply) => reply.send({ status: 'ok' }));
  routes.get(PATHS.readyz, (_request, reply) => {
    const missing = options.notReady();
    const notCalled = options.notCalled?.() ?? [];
    const codes = [...missing, ...notCalled, ...(options.guardTroubles?.() ?? [])];
    const reasons = codes.map((code) => ({ code, message: errorEntry(code).text, fix: errorEntry(code).fix }));
    const status =
      missing.length > 0 ? 'not ready' : notCalled.length > 0 ? 'not called' : codes.length > 0 ? 'guarded' : 'ok';
    return reply.code(missing.length === 0 ? 200 : 503).send({ status, reasons });
  });
}
