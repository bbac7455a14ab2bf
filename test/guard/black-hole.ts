/** A port of 127.0.0.1 whose packets are lost: a connection to it is neither opened nor refused. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface BlackHole {
  /** Whether a connection that was asked for at the beginning still waits for its first answer. */
  readonly holds: () => boolean;
  readonly close: () => Promise<void>;
}

/** Of the connections that wait for `accept`, Linux keeps one more than the backlog. */
const BACKLOG = 1;
const KEPT = BACKLOG + 1;

const LISTENER = `
  const port = Number(process.argv[1]);
  require('node:net').createServer().listen({ host: '127.0.0.1', port, backlog: ${BACKLOG} }, () => console.log('up'));
`;

/**
 * A stopped process whose queue is full: the kernel drops the SYN of every further connection (tcp_conn_request in
 * net/ipv4/tcp_input.c). So it takes no right to change the machine's network. Linux only.
 */
export async function openBlackHole(port: number): Promise<BlackHole> {
  const listener = spawn(process.execPath, ['-e', LISTENER, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(listener, 'exit');
  await once(listener.stdout, 'data');
  // It accepts none from here on.
  listener.kill('SIGSTOP');
  const queued = await Promise.all(Array.from({ length: KEPT }, () => open(port)));
  const lost = connect(port, '127.0.0.1').on('error', () => undefined);
  return {
    holds: () => lost.connecting,
    close: async () => {
      for (const socket of [...queued, lost]) socket.destroy();
      listener.kill('SIGKILL');
      await exited;
    },
  };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
