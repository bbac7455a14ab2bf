/** What somebody else changed in a sidecar that is there already, and this call sets back: told, so that they know. */
import { SIDECAR, type RoleConfig, type SidecarConfig } from '@rolechain/shared';
import type { Injected } from './decide.ts';
import { few } from './few.ts';
import { injectionOf, sidecarFields, volumes } from './injection.ts';
import { hasOurName, isSameVolume } from './ours.ts';
import type { Container, VolumeMount } from './pod.ts';
import { differingFields } from './sidecar-fields.ts';

/** None where the sidecar is new, or as an earlier call left it. */
export function setBackWarnings(decision: Omit<Injected, 'warnings'>): string[] {
  const { sidecar } = decision.ours;
  if (!sidecar) return [];
  const injection = injectionOf(decision, asFound(decision.config, sidecar.config));
  const fields = differingFields(withoutApiToken(sidecar.container), sidecarFields(injection));
  const wanted = volumes(injection);
  const found = (decision.pod.spec.volumes ?? []).filter(({ name }) => hasOurName(name));
  const same = wanted.every((volume) => found.some((other) => isSameVolume(other, volume)));
  const told = [...fields, ...(same && found.length === wanted.length ? [] : ['its volumes'])];
  if (told.length === 0) return [];
  return [
    `the container ${SIDECAR.name} came in with other values than rolechain writes, which are set back: ${few(told)}`,
  ];
}

/** Ports and tokens may differ by our own doing: a container has come that declares a port, the token is made once. */
function asFound(config: SidecarConfig, found: SidecarConfig): SidecarConfig {
  const before: Readonly<Record<string, RoleConfig>> = found.roles;
  const roles = Object.entries(config.roles).map(([name, role]) => {
    const token = Object.hasOwn(before, name) ? before[name]?.token : undefined;
    return [name, token === undefined ? role : { ...role, token }];
  });
  return { ...config, ports: found.ports, roles: Object.fromEntries(roles) as SidecarConfig['roles'] };
}

/** The ServiceAccount plugin mounts it into every container that has none, between two calls of ours. */
const API_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount';

function withoutApiToken(container: Container): Container {
  const isApiToken = ({ mountPath, readOnly, subPath }: VolumeMount): boolean =>
    mountPath === API_TOKEN && readOnly === true && !subPath;
  return { ...container, volumeMounts: (container.volumeMounts ?? []).filter((mount) => !isApiToken(mount)) };
}
