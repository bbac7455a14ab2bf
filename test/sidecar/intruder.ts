/** A container without a role that takes the credentials port while the sidecar is out, and what it collects. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import { isSecret } from '@rolechain/kit/record.ts';

export interface Intruder {
  /** Authorization headers, in the order in which they came. */
  readonly collected: readonly string[];
  /** How many are open. */
  connections(): number;
  /** Closes the port, so that another can have it, and keeps every connection. */
  stopListening(): void;
  /** Closes the port and every connection. */
  giveBack(): Promise<void>;
}

/** Listens there. A request gets no answer unless `answer` gives it one. */
export async function takePort(
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined,
): Promise<Intruder> {
  const collected: string[] = [];
  const sockets = new Set<Socket>();
  // Never tired of a connection.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) collected.push(isSecret('authorization token', authorization));
    answer(request, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const closed = once(server, 'close');
  // Not the server of node:http, which closes idle connections with its port.
  const stopListening = (): void => void Server.prototype.close.call(server);
  return {
    collected,
    connections: () => sockets.size,
    stopListening,
    giveBack: async () => {
      if (server.listening) stopListening();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
