import type { ClientRequest } from 'node:http';
import { errorCode } from '../model/coded.ts';

export interface WholeAnswer {
  readonly status: number;
  readonly body: string;
}

/** A whole answer, or why there is none. */
export type Answer =
  WholeAnswer | { readonly failure: string; /** It began, and was over the limit. */ readonly tooLarge: boolean };

export interface AnswerLimits {
  /** Of the body. */
  readonly maxBytes: number;
  /** Until the answer is whole. */
  readonly totalMs: number;
  /** Until there is a connection; absent: `totalMs` alone counts. */
  readonly connectMs?: number;
}

/** The answer to a request that the caller ends. The connection is closed in any case. Never rejects. */
export function answerOf(call: ClientRequest, { maxBytes, totalMs, connectMs }: AnswerLimits): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (failure: string, tooLarge = false): void => {
      resolve({ failure, tooLarge });
      call.destroy();
    };
    const limit = (what: string, ms: number): NodeJS.Timeout =>
      setTimeout(() => fail(`no ${what} within ${ms / 1000} s`), ms);
    const total = limit('answer', totalMs);
    const connect = connectMs === undefined ? undefined : limit('connection', connectMs);
    call.on('socket', (socket) => socket.once('connect', () => clearTimeout(connect)));
    call.on('error', (error) => fail(errorCode(error)));
    call.on('close', () => {
      clearTimeout(connect);
      clearTimeout(total);
      fail('closed');
    });
    call.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', (error) => fail(errorCode(error)));
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxBytes) fail(`its answer is over ${maxBytes / 1024} KiB`, true);
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
        call.destroy();
      });
    });
  });
}
