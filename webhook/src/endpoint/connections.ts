/**
 * The connections of a port: how many there are, what each may have at work, and how long a request may take. Node's
 * own bounds don't do: `maxConnections` turns newcomers away, so that silent connections would lock the apiserver
 * out, and its time-outs count a connection that was opened and isn't used yet as a request that began.
 */
import type { IncomingMessage, Server, ServerResponse, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TLSServer, type TLSSocket } from 'node:tls';
import {
  CodedError,
  LIMITS,
  answerHead,
  hasBody,
  requestEmitted,
  stopSentAhead,
  type SentAheadOptions,
} from '@rolechain/shared';
import { makeLoad, type Load, type Share } from './load.ts';

export interface ConnectionOptions {
  /** Connections at once. One more closes another, that which is missed the least. */
  readonly connections: number;
  /** Milliseconds from the first byte of a request until its answer is taken; also of a TLS handshake. */
  readonly requestMs?: number | undefined;
  /** Ends a connection whose request began and didn't come in time. */
  readonly endLate: (socket: Socket) => void;
  /** Whether nobody reads the body of a request: it is answered by its head, and its connection closed. Default: of all. */
  readonly endsAtHead?: (request: IncomingMessage) => boolean;
}

/** A request at work. */
export interface Work {
  /** Counts so many bytes as held until the request is answered. */
  readonly hold: Share['hold'];
  /** What to do where it has to stop before it is answered: until it is set, its connection is cut. */
  onStop: ((error: CodedError) => void) | undefined;
}

interface AtWork extends Work {
  readonly response: ServerResponse;
  readonly since: number;
  readonly end: () => void;
}

interface Connection {
  /** The one of TCP. */
  readonly socket: Socket;
  /** The one that requests come over; undefined during a TLS handshake. */
  stream: Socket | undefined;
  /** The oldest first; at most LIMITS.requestsOfConnection. */
  readonly work: AtWork[];
  /** Bytes that had come over `stream` when its last request was answered. */
  heard: number;
  state: keyof States | undefined;
  /** When the handshake, or the request whose first bytes are there, began. */
  begunAt: number | undefined;
}

/** Within each, the longest in that state first. */
type States = Readonly<Record<'fresh' | 'idle' | 'busy', Set<Connection>>>;

const CHECK_MS = 1000;
/** On the request: a WeakMap of thousands a second costs the garbage collector more than the requests themselves. */
const WORK = Symbol('work');
type Request = IncomingMessage & { [WORK]?: Work };

/** What `boundConnections` knows of a request; one that came over no connection (tests) is not counted. */
export function workOf(request: IncomingMessage): Work {
  return (request as Request)[WORK] ?? { hold: () => undefined, onStop: undefined };
}

/**
 * A server made by `make`, whose requests reach `handle` within the bounds. Every server has a load of its own: its
 * requests and their answers together hold no more than LIMITS.reviewsInFlightBytes.
 */
export function boundConnections<S extends Server>(
  make: (options: SentAheadOptions, handle: RequestListener) => S,
  handle: RequestListener,
  { connections: max, requestMs = LIMITS.requestMs, endLate, endsAtHead = hasBody }: ConnectionOptions,
): S {
  const load = makeLoad(LIMITS.reviewsInFlightBytes);
  const all = new Map<string, Connection>();
  const byStream = new WeakMap<Socket, Connection>();
  const states: States = { fresh: new Set(), idle: new Set(), busy: new Set() };
  const move = (connection: Connection, to: keyof States | undefined): void => {
    // It keeps its place among those of the same state: a request behind another makes it no newer.
    if (connection.state === to) return;
    if (connection.state) states[connection.state].delete(connection);
    if (to) states[to].add(connection);
    connection.state = to;
  };

  const isFull = (socket: Socket): boolean => (byStream.get(socket)?.work.length ?? 0) >= LIMITS.requestsOfConnection;
  const server = make(stopSentAhead(isFull, endsAtHead), (request, response) => {
    requestEmitted(request);
    const connection = byStream.get(request.socket);
    if (!connection || request.socket.destroyed) return;
    connection.begunAt = undefined;
    const work = begin(connection, response, load);
    (request as Request)[WORK] = work;
    move(connection, 'busy');
    response.once('close', () => {
      work.end();
      connection.work.splice(connection.work.indexOf(work), 1);
      if (connection.work.length > 0 || connection.socket.destroyed) return;
      connection.heard = request.socket.bytesRead;
      move(connection, 'idle');
    });
    handle(request, response);
  });

  server.on('upgrade', (request, stream: Socket) => {
    const isFirst = byStream.get(stream)?.work.length === 0;
    if (isFirst && endsAtHead(request)) answerHead(server, request);
    else stream.destroy();
  });

  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    const isTLS = server instanceof TLSServer;
    const connection: Connection = {
      ...{ socket, stream: isTLS ? undefined : socket, work: [], heard: 0 },
      state: undefined,
      begunAt: isTLS ? performance.now() : undefined,
    };
    all.set(key, connection);
    if (!isTLS) byStream.set(socket, connection);
    move(connection, 'fresh');
    socket.once('close', () => {
      if (all.get(key) === connection) all.delete(key);
      move(connection, undefined);
      for (const { end } of connection.work) end();
    });
    if (all.size > max) leastMissed(states, connection)?.socket.destroy();
  });
  server.on('secureConnection', (stream: TLSSocket) => {
    // It costs the server many times what it costs the client, and Go's client never asks for it.
    stream.disableRenegotiation();
    const connection = all.get(keyOf(stream));
    if (!connection) return;
    byStream.set(stream, connection);
    connection.stream = stream;
    connection.begunAt = undefined;
  });

  const timer = setInterval(
    () => {
      const now = performance.now();
      for (const connection of all.values()) check(connection, now, requestMs, endLate);
    },
    Math.min(CHECK_MS, requestMs / 5),
  );
  timer.unref();
  server.once('close', () => clearInterval(timer));
  return server;
}

/** Both sockets of a connection have the same. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}

function begin(connection: Connection, response: ServerResponse, load: Load): AtWork {
  const share = load.begin(() => stop(connection, work, new CodedError('TooManyReviews')));
  const work: AtWork = { hold: share.hold, onStop: undefined, response, since: performance.now(), end: share.end };
  connection.work.push(work);
  return work;
}

/** An answer that is on its way can't be changed, and one that waits for another can't be sent: then it is cut. */
function stop(connection: Connection, { onStop, response }: AtWork, error: CodedError): void {
  if (onStop && !response.headersSent && response.socket) onStop(error);
  else connection.socket.destroy();
}

/**
 * The longest without a request, of the more numerous: those that never had one, or those that had. So a flood of either
 * gives way itself, and neither the apiserver's idle pool nor a newcomer whose request is on its way. Where all have one,
 * that whose request takes longest.
 */
function leastMissed({ fresh, idle, busy }: States, newest: Connection): Connection | undefined {
  const [more, fewer] = fresh.size >= idle.size ? [fresh, idle] : [idle, fresh];
  for (const set of [more, fewer, busy]) {
    for (const connection of set) if (connection !== newest) return connection;
  }
  return undefined;
}

function check(connection: Connection, now: number, requestMs: number, endLate: (socket: Socket) => void): void {
  const { socket, stream, work, heard, begunAt } = connection;
  const [oldest] = work;
  if (oldest) {
    if (now - oldest.since > requestMs) stop(connection, oldest, new CodedError('RequestLate'));
  } else if (begunAt !== undefined) {
    if (now - begunAt <= requestMs) return;
    if (stream) endLate(stream);
    else socket.destroy();
  } else if (stream && stream.bytesRead > heard) connection.begunAt = now;
}
