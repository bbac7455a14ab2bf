/** How many connections without a request a port keeps, and which of them gives way to a new one. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps at most `cap` connections on which no request waits for its answer: kept alive, silent or slow with their
 * headers. One more closes the one that has been so for the longest. Those with a request are the responder's to bound.
 * Node's own `maxConnections` turns newcomers away instead, so that a program that leaks connections would lock
 * every SDK of the pod out.
 *
 * A burst closes no SDK unheard whose request came with it: libuv takes one connection from the kernel, then reads from
 * those that it has (uv__server_io in src/unix/stream.c).
 */
export function capIdleConnections(server: Server, cap: number): void {
  /** The longest first: a Set keeps its order. */
  const idle = new Set<Socket>();
  /** Requests that wait for their answer: more than one where a client sends ahead. */
  const busy = new Map<Socket, number>();

  function add(socket: Socket): void {
    idle.add(socket);
    const [longest] = idle;
    if (idle.size <= cap || longest === undefined) return;
    idle.delete(longest);
    longest.destroy();
  }

  server.on('connection', (socket: Socket) => {
    add(socket);
    socket.once('close', () => {
      idle.delete(socket);
      busy.delete(socket);
    });
  });

  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (busy.get(socket) ?? 1) - 1;
      if (left > 0) {
        busy.set(socket, left);
        return;
      }
      busy.delete(socket);
      if (!socket.destroyed) add(socket);
    });
  });
}
