/** How many connections a port has at once, and which one gives way to a new one. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps at most `cap` connections open. One more closes the connection that has been without a request for the
 * longest: whether it is kept alive, silent or slow with its headers. Only where every one of them waits for an answer is
 * the new one closed. Node's own `maxConnections` turns newcomers away instead, so that a program that leaks
 * connections would lock every SDK of the pod out.
 */
export function capConnections(server: Server, cap: number): void {
  /** Without a request, the longest first: a Set keeps its order. */
  const idle = new Set<Socket>();
  /** Requests that wait for their answer: more than one where a client sends ahead. */
  const busy = new Map<Socket, number>();

  server.on('connection', (socket: Socket) => {
    if (idle.size + busy.size >= cap) {
      const [longest = socket] = idle;
      idle.delete(longest);
      longest.destroy();
      if (longest === socket) return;
    }
    idle.add(socket);
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
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
