/** Stops a connection in the middle of the requests that it sends ahead. For both programs' servers. */
import { IncomingMessage, ServerResponse, type Server } from 'node:http';
import type { Socket } from 'node:net';

export interface SentAheadOptions {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

/**
 * On a connection: a request came that the server has not emitted, so that Node has answered it by itself. No WeakSet: it
 * would be written twice for each request.
 */
const ANSWERED_BY_NODE = Symbol('answered by Node');
type Marked = Socket & { [ANSWERED_BY_NODE]?: boolean };

/** To be called with each request that a server with `stopSentAhead` emits. */
export function requestEmitted({ socket }: IncomingMessage): void {
  (socket as Marked)[ANSWERED_BY_NODE] = false;
}

/** Whether more belongs to a request than its head. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return 'transfer-encoding' in headers || ('content-length' in headers && headers['content-length'] !== '0');
}

/**
 * Has a request answered that a server with `stopSentAhead` has emitted as `upgrade`, and closes its connection: what
 * nobody reads of a body Node copies all the same, faster than V8 looks for it.
 */
export function answerHead(server: Server, request: IncomingMessage): void {
  const { socket } = request;
  const end = (): void => void socket.destroy();
  // Node has let go of the connection.
  socket.on('error', end).once('timeout', end);
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  server.emit('request', request, response);
}

/**
 * Options of a server of node:http or node:https under which no connection has more requests than `isFull` lets it, whatever
 * it sends ahead: Node makes requests of all that one read of 64 KiB holds, thousands of them, and looks later
 * whether their answers are taken (parserOnIncoming in lib/_http_server.js).
 *
 * Nor is anything behind a request looked at that Node answers by itself, of which no bound of ours would know: one that
 * expects something (417), has no Host (400), or is over `maxRequestsPerSocket` (503). And nothing behind the head of one
 * that `endsAtHead`: of a body in chunks of a byte Node makes as many buffers.
 *
 * All of these pass for requests that want another protocol: behind such a one Node looks no further. It emits
 * `upgrade` with it, or destroys the socket where nobody listens. Those that do ask for another protocol are answered
 * as any other.
 */
export function stopSentAhead(
  isFull: (socket: Socket) => boolean,
  endsAtHead: (request: IncomingMessage) => boolean = () => false,
): SentAheadOptions {
  class BoundedMessage extends IncomingMessage {
    // No initial values: the base class sets `upgrade` before ours would be there.
    declare private wanted: boolean | null;
    declare private isAsked: boolean | undefined;

    get upgrade(): boolean | null {
      return this.wanted;
    }

    // First with what the parser says: as if it wanted it, so that Node asks the callback, which decides.
    set upgrade(value: boolean | null) {
      this.wanted = value === null || this.isAsked ? value : true;
      if (value !== null) this.isAsked = true;
    }
  }
  const shouldUpgradeCallback = (request: IncomingMessage): boolean => {
    const socket: Marked = request.socket;
    const isTooMany = socket[ANSWERED_BY_NODE] === true || isFull(socket);
    socket[ANSWERED_BY_NODE] = true;
    return isTooMany || endsAtHead(request);
  };
  return { IncomingMessage: BoundedMessage, shouldUpgradeCallback };
}
