import { LIMITS, PORTS } from '@rolechain/shared';
import type { InjectedState } from '../objects/injected-state.ts';
import type { Place } from '../objects/pod.ts';

/**
 * The two ports of the sidecar in this pod: the usual ones, moved upwards past every port that another
 * container declares, and on from the first unprivileged one at the end. The containers of a pod share one
 * network; `hostPort` is the node's, and in nobody's way here.
 */
export function choosePorts(
  all: readonly Place[],
  { sidecar }: Pick<InjectedState, 'sidecar'>,
): { readonly credentials: number; readonly health: number } {
  const taken = new Set(
    all
      .filter(({ container }) => container !== sidecar?.container)
      .flatMap(({ container }) => (container.ports ?? []).map(({ containerPort }) => containerPort)),
  );
  const credentials = firstFree(PORTS.credentials, taken);
  const health = firstFree(PORTS.health, new Set([...taken, credentials]));
  return { credentials, health };
}

function firstFree(from: number, taken: ReadonlySet<number | null | undefined>): number {
  const { portMin: min, portMax: max } = LIMITS;
  let port = from;
  // No more steps than there are ports: a pod that declares them all keeps the usual one.
  for (let left = max - min; taken.has(port) && left > 0; left--) port = port === max ? min : port + 1;
  return taken.has(port) ? from : port;
}
