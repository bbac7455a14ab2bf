/** A port of 127.0.0.1 whose packets are lost: a connection to it is neither opened nor refused. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';

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
  let queued: readonly Socket[] = [];
  let lost: Attempt | undefined;
  const shut = async (): Promise<void> => {
    listener.kill('SIGSTOP');
    await until('the listener is stopped', PATIENCE_MS, () => stateOf(listener.pid) === 'T');
    queued = await fillQueue(port);
    lost = attempt(port);
  };
  const drop = (): void => [...queued, ...(lost ? [lost.socket] : [])].forEach((socket) => socket.destroy());
  await shut();
  return {
    holds: () => lost?.waits() ?? false,
    open: () => {
      listener.kill('SIGCONT');
      drop();
    },
    shut,
    close: async () => {
      drop();
      listener.kill('SIGKILL');
      await exited;
    },
  };
}

interface Attempt {
  readonly socket: Socket;
  /** Neither opened nor refused; the kernel gives up after some two minutes. */
  readonly waits: () => boolean;
}

function attempt(port: number): Attempt {
  const socket = connect(port, '127.0.0.1');
  let gaveUp = false;
  socket.on('error', ({ code }: NodeJS.ErrnoException) => (gaveUp = code === 'ETIMEDOUT'));
  return { socket, waits: () => socket.connecting || gaveUp };
}

/** Until the kernel says that the queue is full: one that came between may have taken a place. */
async function fillQueue(port: number): Promise<Socket[]> {
  const ours: Socket[] = [];
  await until('the queue is full', PATIENCE_MS, () => {
    if (queueLength(port) >= KEPT) return true;
    ours.push(connect(port, '127.0.0.1').on('error', () => undefined));
    return false;
  });
  return ours;
}

const LISTENS = '0A';
const IN_HEX = 16;

/** Connections that wait for `accept`: the "rx_queue" of a listening socket (Documentation/networking/proc_net_tcp.rst). */
function queueLength(port: number): number {
  const hex = port.toString(IN_HEX).toUpperCase().padStart(4, '0');
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local, , state, queues = ''] = line.trim().split(/\s+/);
    if (state === LISTENS && local?.endsWith(`:${hex}`)) return parseInt(queues.split(':')[1] ?? '', IN_HEX);
  }
  throw new Error(`nothing listens on ${port}`);
}

/** T once it is stopped (proc_pid_stat). */
function stateOf(pid: number | undefined): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0];
}
