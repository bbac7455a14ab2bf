/** The edge of the webhook: HTTP over TLS for the apiserver, plain HTTP for the kubelet and Prometheus. */
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CodedError, LIMITS, PATHS, errorEntry, errorFields, type ErrorCode, type Logger } from '@rolechain/shared';
import { readReview, respond, type Review, type ReviewResponse } from './admit.ts';
import { judgeAccount, readAccountReview, respondAccount } from './admit-account.ts';
import { decide, decideAlone, type Decision } from './decide.ts';
import { lookAround, type Lookups } from './look-around.ts';
import type { Metrics } from './metrics.ts';
import type { Chance } from './patch.ts';
import { serviceAccountNameOf } from './pod.ts';
import { asksForRole } from './roles.ts';
import type { DecideSettings } from './settings.ts';

export interface ServerOptions extends Lookups, Chance {
  /** The setting of that name, which is known before the Region is; default false. */
  readonly fluxAlias?: boolean;
  /** Undefined until the Region is known. */
  readonly settings: () => DecideSettings | undefined;
  /** What keeps the webhook from being ready; empty when it is. */
  readonly notReady: () => readonly ErrorCode[];
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Milliseconds in which a request must have come in whole. */
  readonly receiveMs?: number;
}

export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/** Go's client keeps a connection idle for 90 s (apimachinery, util/net/http.go): the server must not close first. */
const KEEP_ALIVE_MS = 120_000;
/**
 * For connections that the apiserver opened and hasn't used yet. Node wants it for headers and for whole
 * requests alike: of two different figures it takes the smaller one for headers (node_http_parser.cc).
 */
const RECEIVE_MS = 125_000;

/**
 * The admission server. A server that closes a connection before the apiserver does makes it write into a
 * closed connection, and the pod goes without us.
 */
export function makeAdmissionServer({ key, certificate }: Certificate, options: ServerOptions): FastifyInstance {
  const receiveMs = options.receiveMs ?? RECEIVE_MS;
  const timeouts = { headersTimeout: receiveMs, requestTimeout: receiveMs, connectionsCheckingInterval: receiveMs / 5 };
  const server = Fastify({
    ...COMMON,
    https: { key, cert: certificate, minVersion: 'TLSv1.2', ...timeouts },
    bodyLimit: LIMITS.reviewBytes,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: receiveMs,
    forceCloseConnections: 'idle',
  });
  acceptRawJSON(server);
  server.post(PATHS.mutate, async (request, reply) => {
    const started = process.hrtime.bigint();
    const answer = await mutate(request.body as string, options).finally(() => {
      options.metrics.took(Number(process.hrtime.bigint() - started) / 1e9);
    });
    return reply.send(answer);
  });
  server.post(PATHS.validate, async (request, reply) => reply.send(await validate(request.body as string, options)));
  addHealth(server, options);
  handleErrors(server, options);
  return server;
}

/** Health and metrics without TLS, on a port of their own. */
export function makeHealthServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({ ...COMMON, forceCloseConnections: true });
  addHealth(server, options);
  server.get(PATHS.metrics, async (_request, reply) => {
    const text = await options.metrics.registry.metrics();
    return reply.header('content-type', options.metrics.registry.contentType).send(text);
  });
  handleErrors(server, options);
  return server;
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

/** New connections get the new certificate; those that stand go on. */
export function setCertificate(server: FastifyInstance, { key, certificate }: Certificate): void {
  (server.server as unknown as HttpsServer).setSecureContext({ key, cert: certificate, minVersion: 'TLSv1.2' });
}

async function mutate(body: string, options: ServerOptions): Promise<ReviewResponse> {
  const review = readReview(body);
  const decision = await decideReview(review, options);
  const answer = respond(review, decision, options);
  options.metrics.decided(decision.outcome, decision.reason);
  logDecision(review, decision, options.log);
  return answer;
}

async function decideReview(review: Review, options: ServerOptions): Promise<Decision> {
  if (review.pod === undefined) return { outcome: 'skipped', reason: 'NoPod', warnings: [] };
  const alone = decideAlone(review.pod);
  if (alone) return alone;
  const account = await options.lookup(review.namespace, serviceAccountNameOf(review.pod));
  // An unrelated pod needs no Region and no further look-up, and must not fail for want of one.
  if (!asksForRole(account, options)) return { outcome: 'skipped', reason: 'NotAnnotated', warnings: [] };
  const settings = options.settings();
  if (!settings) throw new CodedError('RegionUnknown');
  return decide(review.pod, account, settings, await lookAround(account, settings, options));
}

/** A ServiceAccount that is being written. What can't be looked up is a failed call, as for a pod. */
async function validate(body: string, options: ServerOptions): Promise<ReviewResponse> {
  const review = readAccountReview(body);
  const { uid, dryRun, account } = review;
  if (!asksForRole(account, options)) return respondAccount(review, undefined);
  const settings = options.settings();
  if (!settings) throw new CodedError('RegionUnknown');
  const judged = judgeAccount(account, settings, await lookAround(account, settings, options));
  if (judged?.outcome === 'refused') {
    const fields = { uid, account: `${account.namespace}/${account.name}`, reason: judged.reason, dryRun };
    options.log.warn({ ...fields, error: judged.message }, 'refused a ServiceAccount');
  }
  return respondAccount(review, judged);
}

function logDecision(review: Review, decision: Decision, log: Logger): void {
  const { outcome, reason, warnings } = decision;
  const account = review.pod === undefined ? '' : `${review.namespace}/${serviceAccountNameOf(review.pod)}`;
  const fields = {
    uid: review.uid,
    account,
    outcome,
    reason,
    dryRun: review.dryRun,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
  if (decision.outcome === 'refused') log.warn({ ...fields, error: decision.message }, 'refused a pod');
  else if (decision.outcome === 'injected') log.info(fields, 'injected a pod');
  else log.debug(fields, 'left a pod alone');
}

/** The body stays text until readReview parses it: fastify's own parser would refuse keys like __proto__. */
function acceptRawJSON(server: {
  addContentTypeParser: FastifyInstance['addContentTypeParser'];
  removeAllContentTypeParsers: () => void;
}): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
}

type Routes = Pick<FastifyInstance, 'get' | 'hasRoute' | 'setErrorHandler' | 'setNotFoundHandler'>;

function addHealth(routes: Routes, options: ServerOptions): void {
  routes.get(PATHS.healthz, (_request, reply) => reply.send({ status: 'ok' }));
  routes.get(PATHS.readyz, (_request, reply) => {
    const missing = options.notReady();
    const reasons = missing.map((code) => ({ code, message: errorEntry(code).text, fix: errorEntry(code).fix }));
    return reply
      .code(missing.length === 0 ? 200 : 503)
      .send({ status: missing.length === 0 ? 'ok' : 'not ready', reasons });
  });
}

function handleErrors(routes: Routes, { log, metrics }: ServerOptions): void {
  routes.setErrorHandler((error, request, reply) => {
    const isReview = request.routeOptions.url === PATHS.mutate || request.routeOptions.url === PATHS.validate;
    const coded = toCoded(error, isReview);
    const isOurs = errorEntry(coded.code).status >= 500;
    const fields = errorFields(coded.code === 'InternalError' ? error : coded);
    if (isReview) metrics.failed(coded.code);
    if (isReview) log[isOurs ? 'error' : 'warn'](fields, 'a review got no decision');
    else if (isOurs) log.error(fields, 'a request failed');
    return sendError(reply, coded);
  });
  routes.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = (['GET', 'POST'] as const).filter((method) => routes.hasRoute({ method, url: path }));
    if (allowed.length === 0) return sendError(reply, new CodedError('PathUnknown'));
    return sendError(reply.header('allow', allowed.join(', ')), new CodedError('MethodNotAllowed'));
  });
}

function toCoded(error: unknown, isReview: boolean): CodedError {
  if (error instanceof CodedError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' && isReview)
    return new CodedError('ReviewTooLarge', `The limit is ${LIMITS.reviewBytes} bytes.`);
  const isClients = typeof statusCode === 'number' && statusCode < 500;
  if (!isClients) return new CodedError('InternalError');
  return new CodedError(isReview ? 'ReviewMalformed' : 'RequestMalformed');
}

/** What Node refuses before there is a request: malformed HTTP, headers too large, a request that doesn't end. */
function answerBadHTTP(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { code, message, fix } = new CodedError('RequestMalformed');
  const body = JSON.stringify({ code, message, fix });
  // Go's client knows a 408 on an idle connection, and takes another connection (net/http, transport.go).
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/**
 * A status outside 2xx is a failed call to the apiserver, and failurePolicy decides: never "allowed".
 * Retry-After makes it try again within its time-out (client-go, rest/with_retry.go).
 */
function sendError(reply: FastifyReply, error: CodedError): FastifyReply {
  const { status } = errorEntry(error.code);
  if (status === 503) void reply.header('retry-after', '1');
  return reply.code(status).send({ code: error.code, message: error.message, fix: error.fix });
}
