/** What somebody else changed in a sidecar that is there already, and this call sets back: told, so that they know. */
import { SIDECAR, type RoleConfig, type SidecarConfig } from '@rolechain/shared';
import { truncate } from '../objects/truncate.ts';
import { injectionOf, sidecarFields, volumes, type InjectionFacts } from './sidecar-container.ts';
import { hasOurName, isSameVolume } from '../objects/injected-state.ts';
import { listOf, type Container, type EnvVar, type VolumeMount } from '../objects/pod.ts';
import { same } from '../objects/same-by-api.ts';
import { differingFields, type SetField, type SidecarFields } from './sidecar-fields.ts';

const SET_BACK = `the container ${SIDECAR.name} came in with other values than rolechain writes, which are set back: `;

/** What a warning says is set back; undefined where it is not one of those. */
export const setBackIn = (warning: string): string | undefined =>
  warning.startsWith(SET_BACK) ? warning.slice(SET_BACK.length) : undefined;

/** None where the sidecar is new, or as an earlier call left it. */
export function setBackWarnings(decision: InjectionFacts): string[] {
  const { sidecar } = decision.ours;
  if (!sidecar) return [];
  const injection = injectionOf(decision, asFound(decision.config, sidecar.config));
  const written = sidecarFields(injection);
  const fields = differingFields(withoutApiToken(sidecar.container), written);
  const wanted = volumes(injection);
  const found = (decision.pod.spec.volumes ?? []).filter(({ name }) => hasOurName(name));
  const areSame = wanted.every((volume) => found.some((other) => isSameVolume(other, volume)));
  const told = [
    ...fields.map((field) => named(field, sidecar.container, written)),
    ...(areSame && found.length === wanted.length ? [] : ['its volumes']),
  ];
  if (told.length === 0) return [];
  return [`${SET_BACK}${truncate(told)}`];
}

/** The field, with what of it is another: names, no values, since a variable may be secret. */
function named(field: SetField, container: Container, wanted: SidecarFields): string {
  const differ = differing(field, container, wanted);
  return differ.length > 0 ? `${field} (${truncate([...new Set(differ)])})` : field;
}

function differing(field: SetField, found: Container, wanted: SidecarFields): string[] {
  if (field === 'image') return typeof found.image === 'string' ? [found.image] : [];
  if (field === 'env') {
    return unequal('EnvVar', listOf(found.env) as EnvVar[], listOf(wanted.env) as EnvVar[]).map(({ name }) => name);
  }
  if (field !== 'volumeMounts') return [];
  const mounts = listOf(wanted.volumeMounts) as VolumeMount[];
  return unequal('VolumeMount', listOf(found.volumeMounts) as VolumeMount[], mounts).map(({ mountPath }) => mountPath);
}

/** Those of either list that the other one lacks. */
function unequal<T>(type: string, found: readonly T[], wanted: readonly T[]): T[] {
  const lacks = (list: readonly T[], one: T): boolean => !list.some((other) => same(type, one, other));
  return [...found.filter((one) => lacks(wanted, one)), ...wanted.filter((one) => lacks(found, one))];
}

/** Ports and tokens may differ by our own doing: a container has come that declares a port, the token is made once. */
function asFound(config: SidecarConfig, found: SidecarConfig): SidecarConfig {
  const before: Readonly<Record<string, RoleConfig>> = found.roles;
  const roles = Object.entries(config.roles).map(([name, role]): [string, RoleConfig] => {
    const token = Object.hasOwn(before, name) ? before[name]?.token : undefined;
    return [name, token === undefined ? role : { ...role, token }];
  });
  return { ...config, ports: found.ports, roles: Object.fromEntries(roles) };
}

/** The ServiceAccount plugin mounts it into every container that has none, between two calls of ours. */
const API_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount';

function withoutApiToken(container: Container): Container {
  const isApiToken = ({ mountPath, readOnly, subPath }: VolumeMount): boolean =>
    mountPath === API_TOKEN && readOnly === true && !subPath;
  return { ...container, volumeMounts: (container.volumeMounts ?? []).filter((mount) => !isApiToken(mount)) };
}
