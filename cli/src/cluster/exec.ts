/** A command in a container, by client-node's WebSocket, bounded in time and bytes. */
import { CodedError } from '@rolechain/shared';
import { Writable } from 'node:stream';
import type { KubeConfig, V1Status } from '@kubernetes/client-node';
import { firstLine, type ClientNode } from './kubeconfig.ts';

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly ms: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
}

/** What is needed of ws's WebSocket, whose types client-node does not bring. */
interface Socket {
  readonly on: (event: 'close', listener: () => void) => unknown;
  readonly terminate: () => void;
}

/** HTTP status of a WebSocket that the apiserver refuses (ws, lib/websocket.js). */
const REFUSED = /Unexpected server response: (\d{3})/;

/** Why there was no command. `status`: the apiserver's or kubelet's answer. */
export class ExecFailed extends Error {
  readonly status: number | undefined;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ExecFailed';
    const status = REFUSED.exec(message)?.[1];
    this.status = status === undefined ? undefined : Number(status);
  }
}

/** Rejects with ExecFailed. client-node tells neither that the connection broke nor that nothing comes: both are seen to here. */
export async function exec(client: ClientNode, kubeConfig: KubeConfig, request: ExecRequest): Promise<ExecResult> {
  const { namespace, pod, container, command, ms, maxBytes } = request;
  const ended = Promise.withResolvers<V1Status>();
  const output = gather(maxBytes, () => ended.reject(new ExecFailed(`It printed more than ${maxBytes} bytes.`)));
  const errors = gather(maxBytes, () => undefined);
  const deadline = AbortSignal.any([request.signal, AbortSignal.timeout(ms)]);
  const onAbort = (): void => ended.reject(new ExecFailed(`No answer within ${ms / 1000} s.`));
  deadline.addEventListener('abort', onAbort);
  // Rejected before anybody waits for it, where the connection is refused.
  ended.promise.catch(() => undefined);
  const opening = new client.Exec(kubeConfig).exec(
    namespace,
    pod,
    container,
    [...command],
    output.stream,
    errors.stream,
    null,
    false,
    (status) => ended.resolve(status),
  ) as Promise<unknown> as Promise<Socket>;
  try {
    const socket = await Promise.race([opening, ended.promise.then(() => undefined)]);
    socket?.on('close', () => ended.reject(new ExecFailed('The connection broke.')));
    const status = await ended.promise;
    request.signal.throwIfAborted();
    return { exitCode: exitCodeOf(status), stdout: output.text() };
  } catch (error) {
    request.signal.throwIfAborted();
    throw error instanceof ExecFailed || error instanceof CodedError ? error : new ExecFailed(reasonOf(error), error);
  } finally {
    deadline.removeEventListener('abort', onAbort);
    opening.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }
}

/** ws gives an ErrorEvent. */
function reasonOf(error: unknown): string {
  const message = (error as { message?: unknown } | null)?.message;
  return firstLine(typeof message === 'string' ? message : error);
}

/** remotecommand's v4 protocol: Success, or NonZeroExitCode with the code as a cause (apimachinery, remotecommand). */
function exitCodeOf(status: V1Status): number {
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code === undefined) throw new ExecFailed(firstLine(status.message ?? 'The command did not start.'));
  return Number(code);
}

function gather(maxBytes: number, onTooLong: () => void): { readonly stream: Writable; readonly text: () => string } {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const stream = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      bytes += piece.length;
      if (bytes > maxBytes) onTooLong();
      else pieces.push(piece);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(pieces).toString() };
}
