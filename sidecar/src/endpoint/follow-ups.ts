/**
 * Requests without a token that follow refused ones of the same client. JavaScript's default chain sends one after its tries with
 * the token have failed (credential-provider-imds, fromContainerMetadata): it is no sign of an SDK that can't read the token.
 * Pure but for the state.
 */
import type { ErrorCode } from '@rolechain/shared';
import type { RequestFacts } from './answer.ts';

export interface FollowUps {
  /** A request with a token was refused. */
  refused(request: RequestFacts, code: ErrorCode): void;
  /** Why the one was refused that this request without a token follows; each follows another one. */
  follows(request: RequestFacts): ErrorCode | undefined;
}

/** That link comes at once; a busy processor may hold it up. */
const FOLLOW_MS = 5_000;
/** Clients that are told apart, and refused requests of each that are counted. */
const CLIENTS = 32;
const REFUSED = 16;
const KEY_CHARS = 512;

/** `uptime` in milliseconds. */
export function makeFollowUps(uptime: () => number): FollowUps {
  const clients = new Map<string, { readonly code: ErrorCode; readonly at: number; readonly left: number }>();

  function put(key: string, left: number, code: ErrorCode, at: number): void {
    // Behind all others: the first one is the one that has been silent for longest.
    clients.delete(key);
    if (left > 0) clients.set(key, { code, at, left });
    const [oldest] = clients.keys();
    if (clients.size > CLIENTS && oldest !== undefined) clients.delete(oldest);
  }

  return {
    refused: (request, code) => {
      const key = keyOf(request);
      const before = clients.get(key)?.left ?? 0;
      put(key, Math.min(REFUSED, before + 1), code, uptime());
    },
    follows: (request) => {
      const key = keyOf(request);
      const last = clients.get(key);
      if (last === undefined) return undefined;
      const isLate = uptime() - last.at > FOLLOW_MS;
      put(key, last.left - 1, last.code, last.at);
      return isLate ? undefined : last.code;
    },
  };
}

/** On loopback all addresses are the same, and that link has a connection of its own: a client is who asks for the same in the same words. */
function keyOf({ url, client = '' }: RequestFacts): string {
  return `${url}\n${client}`.slice(0, KEY_CHARS);
}
