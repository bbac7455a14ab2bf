/** The body of a review, within its limits. */
import type { IncomingMessage } from 'node:http';
import { CodedError, LIMITS, hasBody } from '@rolechain/shared';
import type { Work } from './connections.ts';

/** More of them would be pieces of less than 512 bytes: each costs the server as much as so many bytes do. */
const PIECES = LIMITS.reviewBytes / 512;
const FIRST_BYTES = 64 * 1024;

/** Pieces put together; a review is mostly one. */
interface Collected {
  buffer: Buffer | undefined;
  length: number;
  pieces: number;
}

/**
 * A body that no review has: of a request without one, or of unknown length. Its chunks may have a byte each, and each of
 * them is a buffer before it is ours to look at. The apiserver says the length (client-go, rest/request.go).
 */
export function hasOddBody(request: IncomingMessage): boolean {
  return hasBody(request) && (request.method !== 'POST' || 'transfer-encoding' in request.headers);
}

/**
 * The whole body as text. What has come counts into the load of the server. Rejects with CodedError ReviewTooLarge, or
 * with what stops `work`: TooManyReviews, RequestLate; and where the client breaks off.
 */
export function readBody(request: IncomingMessage, work: Work): Promise<string> {
  const read = Promise.withResolvers<string>();
  const length = Number(request.headers['content-length']);
  const collected: Collected = { buffer: undefined, length: 0, pieces: 0 };
  const fail = (error: Error): void => {
    request.removeListener('data', onData);
    // What still comes is thrown away until the connection is closed behind the answer.
    request.resume();
    read.reject(error);
  };
  const onData = (piece: Buffer): void => {
    collected.pieces++;
    if (collected.length + piece.length > LIMITS.reviewBytes || collected.pieces > PIECES) fail(tooLarge());
    else add(collected, piece, work);
    if (collected.length < length) letOthersBefore(request);
  };
  work.onStop = fail;
  if ('transfer-encoding' in request.headers) {
    fail(new CodedError('ReviewMalformed', 'Its length is not said.'));
    return read.promise;
  }
  if (length > LIMITS.reviewBytes) {
    fail(tooLarge());
    return read.promise;
  }
  request.on('data', onData);
  request.once('end', () => {
    work.onStop = undefined;
    read.resolve(collected.buffer?.toString('utf8', 0, collected.length) ?? '');
  });
  request.once('error', fail);
  request.once('close', () => {
    if (!request.complete) fail(new CodedError('RequestMalformed'));
  });
  return read.promise;
}

/**
 * Reads on once the others have had their turn: libuv takes up to 32 reads of 64 KiB from one connection before it looks at
 * the next (uv__read in src/unix/stream.c), so that 60 that send without end would hold a newcomer for a second.
 */
function letOthersBefore(request: IncomingMessage): void {
  request.pause();
  setImmediate(() => request.resume());
}

function add(collected: Collected, piece: Buffer, { hold }: Work): void {
  const { buffer, length } = collected;
  const needed = length + piece.length;
  collected.length = needed;
  if (buffer === undefined) {
    collected.buffer = piece;
    hold(piece.length);
  } else if (needed <= buffer.length) piece.copy(buffer, length);
  else {
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * needed, FIRST_BYTES));
    buffer.copy(larger, 0, 0, length);
    piece.copy(larger, length);
    collected.buffer = larger;
    hold(larger.length - buffer.length);
  }
}

function tooLarge(): CodedError {
  return new CodedError('ReviewTooLarge', `The limit is ${LIMITS.reviewBytes} bytes, in ${PIECES} pieces.`);
}
