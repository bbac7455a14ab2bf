/** The edge of the webhook: HTTP over TLS for the apiserver, plain HTTP for the kubelet and Prometheus. */
import type { Server as HttpsServer } from 'node:https';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { CodedError, LIMITS, PATHS, errorEntry, errorFields, type ErrorCode, type Logger } from '@rolechain/shared';
import { readReview, respond, type Review, type ReviewResponse } from './admit.ts';
import { decide, decideAlone, type Decision } from './decide.ts';
import type { Metrics } from './metrics.ts';
import { serviceAccountNameOf } from './pod.ts';
import type { ReadAccount } from './cluster/service-accounts.ts';
import type { DecideSettings } from './settings.ts';

export interface ServerOptions {
  readonly lookup: ReadAccount;
  /** Undefined until the Region is known. */
  readonly settings: () => DecideSettings | undefined;
  /** What keeps the webhook from being ready; empty when it is. */
  readonly notReady: () => readonly ErrorCode[];
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly random: () => number;
}

export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/**
 * The admission server. Its keep-alive outlasts the apiserver's 90 s for idle connections: a server that
 * closes first makes the apiserver write into a closed connection, and the pod goes without us.
 */
export function makeAdmissionServer({ key, certificate }: Certificate, options: ServerOptions): FastifyInstance {
  const server = Fastify({
    https: { key, cert: certificate, minVersion: 'TLSv1.2' },
    bodyLimit: LIMITS.reviewBytes,
    keepAliveTimeout: 120_000,
    // A body that does not come to its end; the apiserver itself gives up after 30 s at most.
    requestTimeout: 35_000,
    // While it drains, pooled connections of the apiserver must still get their answers.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    logger: false,
  });
  server.server.headersTimeout = 125_000;
  acceptRawJSON(server);
  server.post(PATHS.mutate, async (request, reply) => {
    const started = process.hrtime.bigint();
    const answer = await mutate(request.body as string, options);
    options.metrics.took(Number(process.hrtime.bigint() - started) / 1e9);
    return reply.send(answer);
  });
  addHealth(server, options);
  handleErrors(server, options);
  return server;
}

/** Health and metrics without TLS, on a port of their own. */
export function makeHealthServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({ logger: false, return503OnClosing: false, forceCloseConnections: true });
  addHealth(server, options);
  server.get(PATHS.metrics, async (_request, reply) => {
    const text = await options.metrics.registry.metrics();
    return reply.header('content-type', options.metrics.registry.contentType).send(text);
  });
  handleErrors(server, options);
  return server;
}

/** New connections get the new certificate; those that stand go on. */
export function setCertificate(server: FastifyInstance, { key, certificate }: Certificate): void {
  (server.server as unknown as HttpsServer).setSecureContext({ key, cert: certificate, minVersion: 'TLSv1.2' });
}

async function mutate(body: string, options: ServerOptions): Promise<ReviewResponse> {
  const review = readReview(body);
  const decision = await decideReview(review, options);
  const answer = respond(review, decision, options.random);
  options.metrics.decided(decision.outcome, decision.reason);
  logDecision(review, decision, options.log);
  return answer;
}

async function decideReview(review: Review, options: ServerOptions): Promise<Decision> {
  if (review.pod === undefined) return { outcome: 'skipped', reason: 'NoPod', marked: false, warnings: [] };
  const alone = decideAlone(review.pod);
  if (alone) return alone;
  const account = await options.lookup(review.namespace, serviceAccountNameOf(review.pod));
  const settings = options.settings();
  if (!settings) throw new CodedError('RegionUnknown');
  return decide(review.pod, account, settings);
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

type Routes = Pick<FastifyInstance, 'get' | 'setErrorHandler' | 'setNotFoundHandler'>;

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
  routes.setErrorHandler((error, _request, reply) => {
    const coded = toCoded(error);
    metrics.failed(coded.code);
    const fields = errorFields(coded.code === 'InternalError' ? error : coded);
    if (errorEntry(coded.code).status >= 500) log.error(fields, 'a review got no decision');
    else log.warn(fields, 'a review got no decision');
    return sendError(reply, coded);
  });
  routes.setNotFoundHandler((request, reply) => {
    const known = request.url.split('?', 1)[0] === PATHS.mutate;
    return sendError(
      reply,
      new CodedError(known ? 'MethodNotAllowed' : 'PathUnknown', known ? 'POST is answered here.' : ''),
    );
  });
}

function toCoded(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new CodedError('ReviewTooLarge', `The limit is ${LIMITS.reviewBytes} bytes.`);
  const isClients = typeof statusCode === 'number' && statusCode < 500;
  return new CodedError(isClients ? 'ReviewMalformed' : 'InternalError');
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
