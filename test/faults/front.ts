/** What stands between the sidecar and a double, and breaks connections or answers as no server of HTTP would. */
import { once } from 'node:events';
import { connect, createServer, type Socket, type AddressInfo } from 'node:net';

/** Gets a connection and has it to itself. */
export type Breaker = (socket: Socket) => void;

export interface Front {
  readonly port: number;
  readonly url: string;
  /** From the next connection on; undefined lets all through. */
  breakWith(breaker: Breaker | undefined): void;
  /** Connections that a breaker has had so far. */
  broken(): number;
  /** Its port is free then. May be called twice. */
  close(): Promise<void>;
}

export interface FrontOptions {
  /** 127.0.0.1, or another address of loopback. */
  readonly address?: string;
  readonly port?: number;
}

/** Starts one before a port of 127.0.0.1. */
export async function startFront(
  behind: number,
  { address = '127.0.0.1', port = 0 }: FrontOptions = {},
): Promise<Front> {
  let breaker: Breaker | undefined;
  let broken = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  const server = createServer((socket) => {
    keep(socket);
    if (breaker) {
      broken += 1;
      breaker(socket);
      return;
    }
    const onward = connect(behind, '127.0.0.1');
    keep(onward);
    socket.pipe(onward).pipe(socket);
    socket.once('close', () => onward.destroy());
    onward.once('close', () => socket.destroy());
  });
  server.listen(port, address);
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://${address}:${bound}`,
    breakWith: (next) => {
      breaker = next;
    },
    broken: () => broken,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

/** Takes what comes and never answers. */
export const silent: Breaker = (socket) => void socket.resume();

/** A 200 with this body, once something of the request has come. */
export function answerWith(body: string, type = 'text/xml'): Breaker {
  return (socket) =>
    void socket.once('data', () => {
      const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
      socket.end(`${head}connection: close\r\n\r\n${body}`);
    });
}

/** The head and a part of the body, then a reset. */
export const resetInBody: Breaker = (socket) =>
  void socket.once('data', () => {
    const part = '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>';
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 2000\r\n\r\n${part}`, () =>
      setTimeout(() => socket.resetAndDestroy(), 50),
    );
  });
