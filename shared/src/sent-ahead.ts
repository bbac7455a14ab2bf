/** Stops a connection in the middle of the requests that it sends ahead. For both programs' servers. */
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export interface SentAheadOptions {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

/** Connections on which a request came that the server has not emitted: Node has answered it by itself. */
const answeredByNode = new WeakSet<Socket>();

/** To be called with each request that a server with `stopSentAhead` emits. */
export function requestEmitted({ socket }: IncomingMessage): void {
  answeredByNode.delete(socket);
}

/**
 * Options of a server of node:http or node:https under which no connection has more requests than `isFull` lets it, whatever
 * it sends ahead: Node makes requests of all that one read of 64 KiB holds, thousands of them, and looks later
 * whether their answers are taken (parserOnIncoming in lib/_http_server.js).
 *
 * Nor is anything behind a request looked at that Node answers by itself, of which no bound of ours would know: one that
 * expects something (417), has no Host (400), or is over `maxRequestsPerSocket` (503).
 *
 * One request too many passes for one that wants another protocol: behind such a one Node looks no further. It emits
 * `upgrade` with it, or destroys the socket where nobody listens. Those that do ask for another protocol are answered
 * as any other.
 */
export function stopSentAhead(isFull: (socket: Socket) => boolean): SentAheadOptions {
  class BoundedMessage extends IncomingMessage {
    // No initial value: the base class sets `upgrade` before ours would be there.
    declare private wanted: boolean | null;
    declare private tooMany: boolean | undefined;

    get upgrade(): boolean | null {
      return this.wanted;
    }

    // Here, not when it is read: Node reads it once more behind the last request of what it has, which then would be one too many.
    set upgrade(value: boolean | null) {
      this.wanted = value === false ? this.isTooMany() : value;
    }

    /** Looked at once, before the server emits it. */
    isTooMany(): boolean {
      if (this.tooMany === undefined) {
        this.tooMany = answeredByNode.has(this.socket) || isFull(this.socket);
        answeredByNode.add(this.socket);
      }
      return this.tooMany;
    }
  }
  const shouldUpgradeCallback = (request: IncomingMessage): boolean =>
    request instanceof BoundedMessage && request.isTooMany();
  return { IncomingMessage: BoundedMessage, shouldUpgradeCallback };
}
