/** What a port keeps of connections: how many, how much of each, and which of them gives way to a new one. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerHead, hasBody, requestEmitted, stopSentAhead } from '@rolechain/shared';

export interface ConnectionBounds {
  /** Connections on which no request waits for its answer: kept alive, silent or slow with their headers. */
  readonly idle: number;
  /** Connections with a request. Those that wait for us are the responder's to bound: here it is those that don't take their answers. */
  readonly atWork: number;
  /** Requests of one connection that wait for their answers. */
  readonly requestsAtWork: number;
  /** All that was written to the connections that are open: as much may lie in the kernel where nobody reads. */
  readonly writtenBytes: number;
}

interface Connection {
  readonly socket: Socket;
  /** Requests that have no answer, or one that isn't with the kernel yet. */
  readonly responses: Set<ServerResponse>;
  readonly mostResponses: number;
  /** `socket.bytesWritten` when it was last counted. */
  written: number;
  /** Until it is closed, or has given way: from then on nothing of it counts. */
  counts: boolean;
}

const connections = new WeakMap<Socket, Connection>();

/** Whether one more request on this connection is too many. */
function isFull(socket: Socket): boolean {
  const connection = connections.get(socket);
  return connection !== undefined && connection.responses.size >= connection.mostResponses;
}

/** Options of a server that `boundConnections` bounds. */
export const BOUNDED_HTTP = stopSentAhead(isFull, hasBody);

/**
 * Bounds a server's connections. One more idle one closes the one that has been so for the longest. Node's own
 * `maxConnections` turns newcomers away instead, so that a program that leaks connections would lock every SDK of the pod out.
 * One that sends more requests ahead than it may is reset: no SDK sends any ahead.
 *
 * What gives way is reset, not closed: what it has not read would lie in the kernel on our account until it does.
 *
 * A burst closes no SDK unheard whose request came with it: libuv takes one connection from the kernel, then reads from
 * those that it has (uv__server_io in src/unix/stream.c).
 */
export function boundConnections(server: Server, bounds: ConnectionBounds): void {
  /** The longest first: a Set keeps its order. */
  const idle = new Set<Connection>();
  const atWork = new Set<Connection>();
  let written = 0;

  function count(connection: Connection): void {
    if (!connection.counts) return;
    const now = connection.socket.bytesWritten;
    written += now - connection.written;
    connection.written = now;
  }

  function forget(connection: Connection): void {
    if (!connection.counts) return;
    connection.counts = false;
    idle.delete(connection);
    atWork.delete(connection);
    written -= connection.written;
  }

  function giveWay(connection: Connection): void {
    forget(connection);
    connection.socket.resetAndDestroy();
  }

  function makeRoom(): void {
    while (idle.size > bounds.idle || written > bounds.writtenBytes) {
      const [longest] = idle;
      if (longest === undefined) break;
      giveWay(longest);
    }
    if (atWork.size <= bounds.atWork && written <= bounds.writtenBytes) return;
    for (const connection of atWork) {
      if (isAnswered(connection)) giveWay(connection);
      if (atWork.size <= bounds.atWork && written <= bounds.writtenBytes) return;
    }
  }

  server.on('connection', (socket: Socket) => {
    const connection = {
      socket,
      responses: new Set<ServerResponse>(),
      mostResponses: bounds.requestsAtWork,
      written: 0,
      counts: true,
    };
    connections.set(socket, connection);
    idle.add(connection);
    socket.once('close', () => forget(connection));
    makeRoom();
  });

  // Before who answers, which may be at once.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    requestEmitted(request);
    const connection = connections.get(socket);
    if (connection === undefined || (!idle.delete(connection) && !atWork.has(connection))) return;
    connection.responses.add(response);
    atWork.add(connection);
    makeRoom();
    response.once('close', () => {
      connection.responses.delete(response);
      count(connection);
      if (connection.responses.size === 0 && atWork.delete(connection) && !socket.destroyed) idle.add(connection);
      makeRoom();
    });
  });

  server.on('upgrade', (request, socket: Socket) => {
    const isFirst = connections.get(socket)?.responses.size === 0;
    if (isFirst && hasBody(request)) answerHead(server, request);
    else socket.resetAndDestroy();
  });
}

function isAnswered({ responses }: Connection): boolean {
  return [...responses].every((response) => response.writableEnded);
}
