import { PORTS } from '@rolechain/shared';
import { findOurs } from './ours.ts';
import { places, type Pod } from './pod.ts';

/**
 * The two ports of the sidecar in this pod: the usual ones, moved upwards past every port that another
 * container declares. The containers of a pod share one network.
 */
export function choosePorts(pod: Pod): { readonly credentials: number; readonly health: number } {
  const sidecar = findOurs(pod).sidecar?.container;
  const taken = new Set(
    places(pod)
      .filter(({ container }) => container !== sidecar)
      .flatMap(({ container }) => (container.ports ?? []).map(({ containerPort }) => containerPort)),
  );
  const credentials = firstFree(PORTS.credentials, taken);
  const health = firstFree(PORTS.health, new Set([...taken, credentials]));
  return { credentials, health };
}

function firstFree(from: number, taken: ReadonlySet<number | null | undefined>): number {
  let port = from;
  while (taken.has(port)) port++;
  return port;
}
