/** Answers to what gets no decision: coded JSON, and a status that makes the review a failed call. */
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { CodedError, PATHS, errorEntry, errorFields, type ErrorCode, type Logger } from '@rolechain/shared';
import type { Metrics } from '../telemetry/metrics.ts';

export type Routes = Pick<FastifyInstance, 'get' | 'hasRoute' | 'setErrorHandler' | 'setNotFoundHandler'>;

/** Behind these the rest of a body may still come, which nobody reads. */
const CLOSING: ReadonlySet<ErrorCode> = new Set([
  ...(['ReviewTooLarge', 'RequestLate', 'TooManyReviews', 'CallerUnknown', 'CallerForbidden'] as const),
]);

export function handleErrors(
  routes: Routes,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): void {
  routes.setErrorHandler((error, request, reply) => {
    const isReview = request.routeOptions.url === PATHS.mutate || request.routeOptions.url === PATHS.validate;
    const coded = toCoded(error, isReview);
    const isOurs = errorEntry(coded.code).status >= 500;
    const fields = errorFields(coded.code === 'InternalError' ? error : coded);
    if (isReview) metrics.failed(coded.code);
    if (isReview) log[isOurs ? 'error' : 'warn'](fields, 'admission review failed');
    else if (isOurs) log.error(fields, 'request failed');
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
  const { statusCode } = error as { statusCode?: unknown };
  const isClients = typeof statusCode === 'number' && statusCode < 500;
  if (!isClients) return new CodedError('InternalError');
  return new CodedError(isReview ? 'ReviewMalformed' : 'RequestMalformed');
}

/** What Node refuses before there is a request: malformed HTTP, headers too large, a request that doesn't end. */
export function answerBadHTTP(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET') return void socket.destroy();
  end(socket, error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'RequestLate' : 'RequestMalformed');
}

/** A request whose first bytes came, and nothing whole. */
export function answerLate(socket: Socket): void {
  end(socket, 'RequestLate');
}

function end(socket: Socket, which: 'RequestLate' | 'RequestMalformed'): void {
  if (!socket.writable) return void socket.destroy();
  const { code, message, fix } = new CodedError(which);
  const body = JSON.stringify({ code, message, fix });
  // Go's client knows a 408 on an idle connection, and takes another connection (net/http, transport.go).
  const status = which === 'RequestLate' ? '408 Request Timeout' : '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/**
 * A status outside 2xx is a failed call to the apiserver, and failurePolicy decides: never "allowed".
 * Retry-After makes it try again within its time-out (client-go, rest/with_retry.go).
 */
export function sendError(reply: FastifyReply, error: CodedError): FastifyReply {
  const { status } = errorEntry(error.code);
  if (status === 503) void reply.header('retry-after', '1');
  if (CLOSING.has(error.code)) void reply.header('connection', 'close');
  return reply.code(status).send({ code: error.code, message: error.message, fix: error.fix });
}
