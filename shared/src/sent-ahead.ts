/** Stops a connection in the middle of the requests that it sends ahead. For both programs' servers. */
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export interface SentAheadOptions {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

/**
 * Options of a server of node:http or node:https under which no connection has more requests than `isFull` lets it, whatever
 * it sends ahead: Node makes requests of all that one read of 64 KiB holds, thousands of them, and looks later
 * whether their answers are taken (parserOnIncoming in lib/_http_server.js).
 *
 * One request too many passes for one that wants another protocol: behind such a one Node looks no further. It emits
 * `upgrade` with it, or destroys the socket where nobody listens. Those that do ask for another protocol are answered
 * as any other.
 */
export function stopSentAhead(isFull: (socket: Socket) => boolean): SentAheadOptions {
  class BoundedMessage extends IncomingMessage {
    // No initial value: the base class sets `upgrade` before ours would be there.
    declare private wanted: boolean | null;

    get upgrade(): boolean | null {
      return this.wanted;
    }

    // Here, not when it is read: Node reads it once more behind the last request of what it has, which then would be one too many.
    set upgrade(value: boolean | null) {
      this.wanted = value === false ? isFull(this.socket) : value;
    }
  }
  return { IncomingMessage: BoundedMessage, shouldUpgradeCallback: ({ socket }) => isFull(socket) };
}
