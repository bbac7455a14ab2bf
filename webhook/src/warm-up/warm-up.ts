/**
 * Reviews of its own before the first one of the apiserver, so that V8 has compiled what these will run: a new replica gets
 * its share of a rollout's pods at once. They go to a server of their own, which is made of the same functions, on
 * loopback, and is closed behind them: what it counts, logs and keeps goes with it, and it has no API to look anything up.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { PATHS, makeLogger } from '@rolechain/shared';
import { makeAdmissionServer, type Certificate, type ServerOptions } from '../endpoint/server.ts';
import { makeJudgements } from '../policy/judgements.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { makeMetrics } from '../telemetry/metrics.ts';
import { ACCOUNTS, makeReviews } from './reviews.ts';

/** Of the real server, what makes its way through the code another one. */
export type WarmUpOptions = Pick<
  ServerOptions,
  'eks' | 'fluxAlias' | 'namespaceDefaultRole' | 'mode' | 'random' | 'randomToken'
> & {
  readonly settings: DecideSettings;
  readonly logLevel: string;
  readonly certificate: Certificate & { readonly bundle: string };
  /** A name that the certificate has. */
  readonly serverName: string;
  readonly signal: AbortSignal;
  /** How many reviews; default REVIEWS. */
  readonly reviews?: number;
};

/** From some hundred on V8 has optimised what is hot. Twice as many make the first reviews a tenth quicker, and a replica ready a quarter later. */
const REVIEWS = 300;
/** Where processors are scarce a cold replica is better than none. */
const MOST_MS = 5000;
const CONNECTIONS = 2;

/** Resolves to the number of answers; also where it comes to nothing, which costs some milliseconds later and no more. */
export async function warmUp(options: WarmUpOptions): Promise<number> {
  try {
    return await review(options);
  } catch {
    // A server that can't be made or closed must not end the process.
    return 0;
  }
}

async function review(options: WarmUpOptions): Promise<number> {
  const { certificate, serverName, reviews = REVIEWS, signal } = options;
  const server = makeAdmissionServer(certificate, serverOptions(options));
  const over = AbortSignal.any([signal, AbortSignal.timeout(MOST_MS)]);
  const state = { left: reviews, answers: 0 };
  try {
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const requests = makeReviews().map(requestOf);
    const work = async (): Promise<void> => {
      const socket = connect({ host: '127.0.0.1', port, servername: serverName, ca: certificate.bundle });
      const end = (): void => void socket.destroy();
      // Told of by its close, too; without a listener it would end the process.
      socket.on('error', end);
      over.addEventListener('abort', end);
      try {
        await once(socket, 'secureConnect', { signal: over });
        while (state.left-- > 0) {
          await exchange(socket, requests[state.left % requests.length] ?? Buffer.of());
          state.answers++;
        }
      } finally {
        over.removeEventListener('abort', end);
        end();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
  } catch {
    // A loopback that is missing, or a processor that others hold: the first reviews take longer then.
  } finally {
    await server.close();
  }
  return state.answers;
}

function serverOptions(options: WarmUpOptions): ServerOptions {
  const { eks, fluxAlias, namespaceDefaultRole, mode, random, randomToken, settings, logLevel } = options;
  return {
    ...{ random, randomToken, ...(eks ? { eks } : {}), ...(mode ? { mode } : {}) },
    ...(fluxAlias === undefined ? {} : { fluxAlias }),
    ...(namespaceDefaultRole === undefined ? {} : { namespaceDefaultRole }),
    lookup: (_namespace, name) => Promise.resolve(ACCOUNTS.find((account) => account.name === name)),
    lookupNamespace: () => Promise.resolve({}),
    judgements: makeJudgements(),
    settings: () => settings,
    notReady: () => [],
    metrics: makeMetrics(),
    // Lines are made and go nowhere.
    log: makeLogger('warm-up', logLevel, { write: () => undefined }),
  };
}

/** As bytes: a client of Node's would take as long as the server. */
export function requestOf(body: string): Buffer {
  return Buffer.from(
    `POST ${PATHS.mutate}?timeout=2s HTTP/1.1\r\nHost: webhook\r\nAccept: application/json, */*\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** One request and its answer. Rejects where the connection closes before. */
export function exchange(socket: Duplex, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let read = '';
    const settle = (done: () => void): void => {
      socket.off('data', onData).off('close', onClose);
      done();
    };
    const onData = (piece: Buffer): void => {
      read += piece.toString('latin1');
      if (isWhole(read)) settle(resolve);
    };
    const onClose = (): void => settle(() => reject(new Error('closed without an answer')));
    if (socket.destroyed) {
      onClose();
      return;
    }
    socket.on('data', onData).on('close', onClose);
    socket.write(request);
  });
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  const [, length] = /^content-length: (\d+)\r$/im.exec(answer.slice(0, end + 2)) ?? [];
  return end >= 0 && length !== undefined && answer.length >= end + 4 + Number(length);
}
