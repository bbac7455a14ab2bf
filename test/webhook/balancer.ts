/** A Service of several replicas: connections go to them by turns. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { joinSockets } from '../fixture/join-sockets.ts';

export interface Balancer {
  readonly close: () => Promise<void>;
}

export async function startBalancer(port: number, replicas: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer((client) => {
    const replica = connect({ host: '127.0.0.1', port: replicas[turn++ % replicas.length] ?? 0 });
    joinSockets(client, replica, sockets);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
