/**
 * Faults on demand: how a test makes a double fail. Shared by the doubles of STS and of the Pod Identity agent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';

/** An error answer in the double's own error format. An empty `code` gives the bare message where the format has one. */
export type ErrorFault = { status: number; code: string; message: string };

/**
 * - an error answer;
 * - `hang`: no answer until the client or the double goes;
 * - `reset`: the connection is reset (RST);
 * - `nonsense`: a 200 that is no answer of this service, as a captive portal or a broken proxy sends it;
 * - `delayMs`: the right answer, late;
 * - `after`: the right answer, once that has happened.
 */
export type Fault = ErrorFault | 'hang' | 'reset' | 'nonsense' | { delayMs: number } | { after: Promise<unknown> };

/** What a test holds to make a double fail. `Seen` is the double's record of the request. */
export type FaultControls<Seen> = {
  /** The next `n` requests meet this fault. Calls queue up behind each other. */
  failNext: (n: number, fault: Fault) => void;
  /** Asked for every request that no `failNext` takes; `undefined` as the rule takes it away. */
  failWhen: (rule: ((seen: Seen) => Fault | undefined) | undefined) => void;
  /** No more faults. */
  heal: () => void;
};

export type Faults<Seen> = FaultControls<Seen> & { take: (seen: Seen) => Fault | undefined };

/** A queue of faults and one rule behind it. */
export function createFaults<Seen>(): Faults<Seen> {
  let queue: { left: number; fault: Fault }[] = [];
  let rule: ((seen: Seen) => Fault | undefined) | undefined;
  return {
    failNext: (n, fault) => {
      if (n > 0) queue.push({ left: n, fault });
    },
    failWhen: (next) => {
      rule = next;
    },
    heal: () => {
      queue = [];
      rule = undefined;
    },
    take: (seen) => {
      const first = queue[0];
      if (first === undefined) return rule?.(seen);
      first.left -= 1;
      if (first.left === 0) queue.shift();
      return first.fault;
    },
  };
}

/** One word for the record of requests. */
export function nameOfFault(fault: Fault): string {
  if (typeof fault === 'string') return fault;
  return 'delayMs' in fault || 'after' in fault ? 'delay' : fault.code || String(fault.status);
}

/**
 * Acts out a fault. True when the request is done with; false when the right answer shall follow.
 * Error answers are left to `sendError`, since each double has a format of its own.
 */
export async function actOut(
  fault: Fault | undefined,
  response: ServerResponse,
  closing: AbortSignal,
  sendError: (fault: ErrorFault) => void,
): Promise<boolean> {
  if (fault === undefined) return false;
  if (fault === 'hang') return true;
  if (fault === 'reset') {
    response.socket?.resetAndDestroy();
    return true;
  }
  if (fault === 'nonsense') {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<html><body><h1>Welcome to the guest network</h1></body></html>');
    return true;
  }
  if ('delayMs' in fault) {
    await sleep(fault.delayMs, undefined, { signal: closing });
    return false;
  }
  if ('after' in fault) {
    await Promise.race([fault.after, closed(closing)]);
    return closing.aborted;
  }
  sendError(fault);
  return true;
}

function closed(closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (closing.aborted) resolve();
    closing.addEventListener('abort', () => resolve(), { once: true });
  });
}
