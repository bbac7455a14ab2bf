/**
 * Plumbing shared by the doubles: an HTTP server that can be ended at any moment.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A running server. `url` has no trailing slash. */
export type Listening = {
  readonly url: string;
  readonly port: number;
  /** Ends the server and every connection to it, answered or not. May be called twice. */
  close: () => Promise<void>;
};

/**
 * A server's time-outs. Go's clients keep connections for 90 s, and a request that meets this end as it closes one fails:
 * never before them.
 */
export const NEVER_FIRST = { keepAliveTimeout: 120_000, headersTimeout: 0, requestTimeout: 0 };

/** Answers one request. `closing` fires when the server ends, so that a waiting handler can stop. */
export type Handler = (request: IncomingMessage, response: ServerResponse, closing: AbortSignal) => Promise<void>;

/** Where a server listens. */
export type ListenOptions = {
  /** 0, the default, takes a free port. A set one lets a test bring a double back where its clients look for it. */
  port?: number;
  /** An IPv4 address of this machine: 127.0.0.1, the default, or one that pods reach. */
  address?: string;
};

/**
 * Starts a server.
 *
 * A handler that throws is a defect of the double: it answers 500 with the stack, so that the test that meets it
 * shows the place.
 */
export async function listen(
  handle: Handler,
  { port = 0, address = '127.0.0.1' }: ListenOptions = {},
): Promise<Listening> {
  const closing = new AbortController();
  const server = createServer(NEVER_FIRST, (request, response) => {
    handle(request, response, closing.signal).catch((error: unknown) => {
      if (closing.signal.aborted || response.headersSent) {
        response.destroy();
        return;
      }
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`defect in a test double: ${error instanceof Error ? error.stack : String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${address}:${bound}`,
    port: bound,
    close: () => {
      closed ??= new Promise<void>((resolve) => {
        closing.abort();
        server.close(() => resolve());
        // A client that keeps its connection alive, or waits for an answer, would hold the test run open.
        server.closeAllConnections();
      });
      return closed;
    },
  };
}

/** The whole body of a request. Anything above `limit` bytes is a defect of the client under test and throws. */
export async function readBody(request: IncomingMessage, limit = 256 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Error(`request body above ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Header lines as they came in, in order, repeated names kept: Node's parsed headers join or drop some of them. */
export function headerLines(request: IncomingMessage): [name: string, value: string][] {
  const lines: [string, string][] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    lines.push([request.rawHeaders[i] ?? '', request.rawHeaders[i + 1] ?? '']);
  }
  return lines;
}
