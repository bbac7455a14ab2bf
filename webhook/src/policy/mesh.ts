/**
 * Where the sidecar stands beside a service mesh, and whether it has a network there. A mesh's CNI plugin leads the pod's
 * connections to the proxy before any container runs: until the proxy does, STS can't be reached.
 */
import { startupOf } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { MESH_EXCLUSIONS, MESH_VALIDATORS, type RoleSpec } from '@rolechain/shared';
import type { Finding } from './findings.ts';
import type { InjectedState } from '../objects/injected-state.ts';
import { annotationOf, type Container, type Pod } from '../objects/pod.ts';

/**
 * The sidecar's place among the other init containers: first, but behind the run of mesh containers that stands there,
 * up to the last native sidecar among them. One that is there already stays where it is found, unless such a run begins
 * the list or follows it.
 */
export function sidecarIndex(pod: Pod, { sidecar }: Pick<InjectedState, 'sidecar'>, mesh: readonly string[]): number {
  const others = otherInits(pod, sidecar);
  const found = sidecar?.index ?? 0;
  return Math.max(found, endOfProxies(others, 0, mesh), endOfProxies(others, found, mesh));
}

function endOfProxies(inits: readonly Container[], start: number, mesh: readonly string[]): number {
  let end = start;
  for (let index = start; index < inits.length; index++) {
    const container = inits[index];
    if (!container || !mesh.includes(container.name)) break;
    if (isNative(container)) end = index + 1;
  }
  return end;
}

/** What a pod says of which connections a mesh leads away is its author's to know: whether STS is among them, nobody can tell. */
const isExcluding = (pod: Pod): boolean => MESH_EXCLUSIONS.some((key) => annotationOf(pod, key) !== undefined);

/**
 * The init container by which it is certain that the sidecar has no network at this index: it makes sure that a CNI
 * plugin leads connections away, and no proxy starts before the sidecar.
 */
function validatorBefore(
  pod: Pod,
  { sidecar }: Pick<InjectedState, 'sidecar'>,
  index: number,
  mesh: readonly string[],
): string | undefined {
  const inits = otherInits(pod, sidecar);
  if (inits.slice(0, index).some((container) => mesh.includes(container.name) && isNative(container))) return undefined;
  return inits.find(({ name }) => MESH_VALIDATORS.includes(name))?.name;
}

/** What is said of a pod whose sidecar has no network before the pod's containers start. */
export interface NetworkFindings {
  /** Where a role must have credentials before they do. */
  readonly conflicts: readonly Finding[];
  readonly warnings: readonly string[];
}

export function networkFindings(
  pod: Pod,
  ours: Pick<InjectedState, 'sidecar'>,
  {
    index,
    settings,
    roles,
  }: {
    readonly index: number;
    readonly settings: Pick<DecideSettings, 'meshContainers' | 'startup'>;
    readonly roles: readonly RoleSpec[];
  },
): NetworkFindings {
  const validator = roles.length > 0 ? validatorBefore(pod, ours, index, settings.meshContainers) : undefined;
  if (validator === undefined) return { conflicts: [], warnings: [] };
  const required = roles.filter((role) => startupOf(role, settings) === 'require').map(({ name }) => name);
  if (required.length > 0 && !isExcluding(pod)) {
    const detail = `the pod has ${validator}, and no native proxy starts before the sidecar`;
    return { conflicts: [{ reason: 'MeshWithoutNetwork', detail }], warnings: [] };
  }
  // The code stands in front: a long warning is cut.
  return {
    conflicts: [],
    warnings: [
      `[MeshWithoutNetwork] the pod has ${validator}, and no native proxy starts before the sidecar, which so reaches STS late: let the mesh run its proxy as a native sidecar, or exclude the addresses of STS and the agent`,
    ],
  };
}

function otherInits(pod: Pod, sidecar: InjectedState['sidecar']): readonly Container[] {
  return (pod.spec.initContainers ?? []).filter((container) => container !== sidecar?.container);
}

function isNative(container: Container): boolean {
  return container.restartPolicy === 'Always';
}
