/**
 * Controllers that assume a role for each object that they read. A sidecar gives the whole controller one role at a time, so the
 * annotation replaces theirs where all objects of a controller name the same one.
 */
import { isDeepStrictEqual } from 'node:util';
import { workloadsOf } from './objects.ts';
import {
  NOTHING,
  type AccountRef,
  type Found,
  type KubeObject,
  type Left,
  type Origin,
  type Tool,
  type WrittenRole,
} from './types.ts';

export interface OfObject {
  readonly role: WrittenRole;
  readonly origin: Origin;
}

/** The ServiceAccount of the controller's Deployment where that is among the objects, else that of its chart. */
export function accountOf(objects: readonly KubeObject[], name: string, chart: Required<AccountRef>): AccountRef {
  const own = workloadsOf(objects).find(
    ({ object }) => object.startsWith('Deployment ') && object.endsWith(`/${name}`),
  );
  return own?.account ?? chart;
}

export function ofController(tool: Tool, account: AccountRef, all: readonly OfObject[], remove: string): Found {
  const [first] = all;
  if (!first) return NOTHING;
  if (!all.every(({ role }) => isDeepStrictEqual(role, first.role))) {
    const why = `${tool} assumes several roles in one process, and a sidecar gives a process one`;
    const fix = `leave it to ${tool}, or run one controller for each role; its own ServiceAccount may still ask for the role that they all start from`;
    return { ...NOTHING, left: all.map(({ origin }): Left => ({ ...origin, why, fix })) };
  }
  const name = first.role.roleARN.slice(first.role.roleARN.lastIndexOf('/') + 1);
  return {
    ...NOTHING,
    wanted: all.map(({ role, origin }) => ({ account, name, role, origin, uses: [] })),
    steps: all.map(({ origin: { object } }) => ({
      object,
      text: `take ${remove} out of it once ${tool} has the sidecar`,
    })),
  };
}
