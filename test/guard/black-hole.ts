/** A port of 127.0.0.1 whose packets are lost: a connection to it is neither opened nor refused. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BlackHole {
  /** Whether a connection that was asked for at the beginning still waits for its first answer. */
  readonly holds: () => boolean;
  /** Packets pass from now on; those that wait get through when their kernel sends the SYN again: after 1 s, then 3 s. */
  readonly open: () => void;
  /** Packets are lost again. */
  readonly shut: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Of the connections that wait for `accept`, Linux keeps one more than the backlog. */
const BACKLOG = 1;
const KEPT = BACKLOG + 1;

const LISTENER = `
  const { connect, createServer } = require('node:net');
  const [port, behind] = process.argv.slice(1).map(Number);
  const server = createServer((socket) => {
    const onward = connect(behind, '127.0.0.1');
    for (const [from, to] of [[socket, onward], [onward, socket]]) from.on('error', () => to.destroy()).pipe(to);
  });
  server.listen({ host: '127.0.0.1', port, backlog: ${BACKLOG} }, () => console.log('up'));
`;

/**
 * A stopped process whose queue is full: the kernel drops the SYN of every further connection (tcp_conn_request in
 * net/ipv4/tcp_input.c). So it takes no right to change the machine's network. Linux only. What passes while it is open
 * goes to the port `behind`.
 */
export async function openBlackHole(port: number, behind = 0): Promise<BlackHole> {
  const listener = spawn(process.execPath, ['-e', LISTENER, String(port), String(behind)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(listener, 'exit');
  await once(listener.stdout, 'data');
  // It accepts none from here on.
  listener.kill('SIGSTOP');
  let queued = await Promise.all(Array.from({ length: KEPT }, () => open(port)));
  let lost = connect(port, '127.0.0.1').on('error', () => undefined);
  const drop = (): void => [...queued, lost].forEach((socket) => socket.destroy());
  return {
    holds: () => lost.connecting,
    open: () => {
      listener.kill('SIGCONT');
      drop();
    },
    shut: async () => {
      listener.kill('SIGSTOP');
      // One that came between takes a place in the queue: so not all of ours may be opened.
      queued = Array.from({ length: KEPT }, () => connect(port, '127.0.0.1').on('error', () => undefined));
      await sleep(20);
      lost = connect(port, '127.0.0.1').on('error', () => undefined);
    },
    close: async () => {
      drop();
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
