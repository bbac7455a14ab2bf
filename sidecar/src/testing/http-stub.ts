/** A server that does what a test says, for the wire-level tests of one file; whole doubles are elsewhere. */
import { createServer, type IncomingMessage, type ServerResponse, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Reply = (response: ServerResponse, request: IncomingMessage) => void;

export interface HttpStub {
  readonly url: string;
  readonly seen: Seen[];
  /** What requests get from now on. */
  reply(next: Reply): void;
  close(): Promise<void>;
}

export async function startHttpStub(first: Reply): Promise<HttpStub> {
  let reply = first;
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      reply(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    reply: (next) => (reply = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A reply of status, type and body. */
export function send(status: number, body: string, type = 'text/plain'): Reply {
  return (response) => response.writeHead(status, { 'content-type': type }).end(body);
}
