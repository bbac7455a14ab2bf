/** The honest client beside a flood: it asks at a steady pace, each time on a new connection, as patient as clients of that port are. */
import { request, type IncomingMessage } from 'node:http';
import { request as requestTLS, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';

/** How clients of a port ask. Times in milliseconds. */
export interface Manners {
  readonly request: RequestOptions & { readonly tls?: boolean };
  readonly body?: string;
  /** Whether this is the answer that the client came for. */
  readonly fits: (status: number, body: string) => boolean;
  /** Tries of one call, and how long each of them waits. */
  readonly tries: number;
  readonly timeoutMs: number;
}

export interface HonestCount {
  readonly calls: number;
  /** Calls that got no valid answer in all their tries. */
  readonly unanswered: number;
  /** Calls that needed more than one. */
  readonly again: number;
  /** Of all calls, unanswered ones with the whole time that they took. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The first few things that went wrong. */
  readonly said: readonly string[];
}

const PACE_MS = 50;

/**
 * Asks until `stop` is called, a call every 50 ms whether or not the one before it has its answer. Waits `slowness` times
 * as long as its manners say, so that what it gets is not a matter of the machine.
 */
export function startHonest(manners: () => Manners, slowness: () => number): { stop(): Promise<HonestCount> } {
  const calls: Promise<{ ms: number; ok: boolean; tries: number }>[] = [];
  const said: string[] = [];
  const timer = setInterval(() => calls.push(call(patient(manners(), slowness()), said)), PACE_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      const all = await Promise.all(calls);
      const times = all.map(({ ms }) => ms).toSorted((a, b) => a - b);
      const quantile = (q: number): number => times[Math.min(times.length - 1, Math.floor(q * times.length))] ?? NaN;
      return {
        calls: all.length,
        unanswered: all.filter(({ ok }) => !ok).length,
        again: all.filter(({ tries }) => tries > 1).length,
        p50Ms: quantile(0.5),
        p99Ms: quantile(0.99),
        said: [...new Set(said)].slice(0, 3),
      };
    },
  };
}

function patient(manners: Manners, times: number): Manners {
  return { ...manners, timeoutMs: manners.timeoutMs * times };
}

async function call(manners: Manners, said: string[]): Promise<{ ms: number; ok: boolean; tries: number }> {
  const from = performance.now();
  for (let tries = 1; ; tries++) {
    const failed = await ask(manners);
    if (failed !== undefined) said.push(failed);
    if (failed === undefined || tries === manners.tries)
      return { ms: performance.now() - from, ok: failed === undefined, tries };
  }
}

/** Why there is no valid answer, if there is none. */
function ask({ request: { tls, ...options }, body, fits, timeoutMs }: Manners): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = (tls ? requestTLS : request)({ host: '127.0.0.1', agent: false, ...options });
    const timer = setTimeout(() => asked.destroy(new Error('no answer in time')), timeoutMs);
    asked
      .on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        resolve(error.code ?? error.message);
      })
      .on('response', (response: IncomingMessage) => {
        text(response).then(
          (answer) => {
            clearTimeout(timer);
            const { statusCode = 0 } = response;
            resolve(fits(statusCode, answer) ? undefined : `${statusCode} ${answer.slice(0, 200)}`);
          },
          (error: unknown) => {
            clearTimeout(timer);
            resolve(String(error));
          },
        );
      });
    asked.end(body);
  });
}
