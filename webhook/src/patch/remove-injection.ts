/**
 * Takes rolechain out of a pod that holds no role any more: the copy of an injected pod whose containers
 * are all skipped now, or whose conflict `conflicts: warn` lets pass. Left in, it would go on serving.
 */
import type { Operation } from 'fast-json-patch';
import { SIDECAR } from '@rolechain/shared';
import { unsetEnv } from '../injection/container-env.ts';
import { withoutSkipped } from '../objects/eks-skip-containers.ts';
import { listDifference, listOperations, pointer } from './list-patch.ts';
import { hasOurName, ownVariables, type InjectedState } from '../objects/injected-state.ts';
import { places, type Pod } from '../objects/pod.ts';

/** The operations on spec; none where nothing is ours. The sidecar goes last, since that shifts the others. */
export function removalOperations(pod: Pod, { sidecar }: InjectedState): Operation[] {
  const isOurs = ownVariables(sidecar ? { sidecar } : {});
  const containers = places(pod)
    .filter(({ container }) => container !== sidecar?.container)
    .flatMap(({ list, index, container }) => {
      const path = pointer('spec', list, index);
      const mounts = listOperations(
        `${path}/volumeMounts`,
        container.volumeMounts,
        ({ name }) => (hasOurName(name) ? 'remove' : 'keep'),
        [],
      );
      return [...listDifference(`${path}/env`, container.env, unsetEnv(container.env ?? [], isOurs)), ...mounts];
    });
  const volumes = listOperations(
    '/spec/volumes',
    pod.spec.volumes,
    ({ name }) => (hasOurName(name) ? 'remove' : 'keep'),
    [],
  );
  const last: Operation[] = sidecar ? [{ op: 'remove', path: pointer('spec', 'initContainers', sidecar.index) }] : [];
  return [...containers, ...volumes, ...last];
}

/** The EKS webhook's annotation without the sidecar and the containers that held a role; undefined when nothing is left. */
export function withoutOurEntries(
  value: string | undefined,
  pod: Pod,
  { sidecar }: Pick<InjectedState, 'sidecar'>,
): string | undefined {
  if (value === undefined || !sidecar) return value;
  const isOurs = ownVariables({ sidecar });
  const held = places(pod)
    .filter(({ container }) => container.env?.some(isOurs))
    .map(({ container }) => container.name);
  return withoutSkipped(value, [SIDECAR.name, ...held]);
}
