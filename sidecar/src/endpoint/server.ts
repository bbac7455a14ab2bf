/** The credentials endpoint on the wire: HTTP in, RequestFacts; Answer out. */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { CodedError, LIMITS, hasBody } from '@rolechain/shared';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { errorAnswer, type Answer } from './answer.ts';
import { boundConnections } from './idle-connections.ts';
import { toCoded } from '../model/coded.ts';
import type { Responder } from './responder.ts';
import { HTTP_OPTIONS } from './http-options.ts';

/**
 * The server, not yet listening. Every request, whatever its path and method, goes to the responder.
 * `onDefect` gets what the responder should never have thrown; the request is answered 500.
 */
export function makeServer(responder: Responder, onDefect: (error: CodedError) => void): FastifyInstance {
  const server = fastify({
    ...HTTP_OPTIONS,
    clientErrorHandler: onClientError,
    // A path that the router can't decode; 404, behind the checks that come first.
    frameworkErrors: (_error, request, reply) => respond(request, reply),
  });
  boundConnections(server.server, LIMITS.sidecarConnections.credentials);
  // In this hook, before fastify looks for a route or at a body: the checks have an order of their own.
  // With a callback that is never called, since the hook answers: fastify's promises would cost each request more.
  server.addHook('onRequest', (request, reply, _done) => respond(request, reply));

  function respond(request: FastifyRequest, reply: FastifyReply): void {
    const { host, authorization, origin, referer } = request.raw.headers;
    // Of the Sec-Fetch headers this alone: Node's own fetch sends Sec-Fetch-Mode (undici, lib/web/fetch).
    const browser = origin ?? referer ?? oneOf(request.raw.headers['sec-fetch-site']);
    const { 'user-agent': agent = '', accept = '' } = request.raw.headers;
    const client = `${agent}\n${accept}`;
    const { url = '', method = '' } = request.raw;
    const failed = (error: unknown): void => {
      const defect = toCoded(error);
      onDefect(defect);
      send(reply, errorAnswer(defect));
    };
    try {
      const answer = responder.respond({
        host,
        url,
        method,
        authorization,
        browser,
        client,
        hasBody: hasBody(request.raw),
      });
      if (answer instanceof Promise) answer.then((later) => send(reply, later)).catch(failed);
      else send(reply, answer);
    } catch (error) {
      failed(error);
    }
  }
  return server;
}

function send(reply: FastifyReply, { status, headers, body }: Answer): void {
  // A Buffer: behind the type of a text fastify writes a charset.
  void reply.code(status).headers(headers).send(body);
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join() : header;
}

/** What is no HTTP at all, and headers that are too large or too slow. */
function onClientError(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(onTheWire(errorAnswer(new CodedError('RequestMalformed', `${error.code ?? 'Unknown error'}.`))));
}

function onTheWire({ status, headers, body }: Answer): Buffer {
  const lines = Object.entries({ ...headers, 'content-length': String(body.length), connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Bad Request\r\n${head}\r\n`), body]);
}
