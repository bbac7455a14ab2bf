import { CodedError, LIMITS } from '@rolechain/shared';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../model/clock.ts';
import { errorCode } from '../model/coded.ts';

/** How often what keeps the sidecar from working is tried again. */
const AGAIN_MS = 1_000;

/** A task that is tried until it works. */
export interface Persistent {
  /** Ends the tries. */
  stop(): void;
}

/**
 * Calls `task` at once and then once a second until it does not throw. `onError` gets each error: the
 * sidecar must not exit for what may pass, and the kubelet would only start it again.
 */
export function retryUntilSuccess(
  task: () => Promise<void> | void,
  clock: Pick<Clock, 'setTimer'>,
  onError: (error: unknown) => void,
): Persistent {
  let stopped = false;
  let cancel = (): void => undefined;
  const attempt = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      if (stopped) return;
      onError(error);
      cancel = clock.setTimer(AGAIN_MS, () => void attempt());
    }
  };
  void attempt();
  return {
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

/** Listens on an address. Rejects with ListenFailed. */
export async function listen(server: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await server.listen({ host, port, backlog: LIMITS.listenBacklog });
  } catch (error) {
    throw new CodedError('ListenFailed', `${host} port ${port}: ${errorCode(error)}.`);
  }
}
