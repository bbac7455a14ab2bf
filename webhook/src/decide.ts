/**
 * What becomes of a pod. Pure: the same pod, account and settings give the same decision, and the
 * decision carries everything that a message, a log line, a metric and the patch show.
 */
import { createHash } from 'node:crypto';
import {
  ANNOTATIONS,
  FOREIGN_KEYS,
  REASONS,
  formatProblems,
  reasonEntry,
  type Problem,
  type ReasonCode,
  type RoleSpec,
  type SidecarConfig,
} from '@rolechain/shared';
import { containerOutcomes, type ContainerOutcome } from './containers.ts';
import type { BaseIdentity } from './injection.ts';
import { findOurs, type Ours } from './ours.ts';
import { annotationOf, viewPod, type Pod } from './pod.ts';
import { podAnnotations } from './pod-annotations.ts';
import { choosePorts } from './ports.ts';
import { baseIdentity, readRoles, roleConfig, type ServiceAccount } from './roles.ts';
import type { DecideSettings } from './settings.ts';

interface Common {
  readonly reason: ReasonCode;
  readonly warnings: readonly string[];
}
export interface Skipped extends Common {
  readonly outcome: 'skipped';
  /** Where the account asks for a role: the pod then says why in `rolechain.io/skipped`, and what is ours in it goes. */
  readonly marked?: { readonly pod: Pod; readonly ours: Ours };
}
export interface Refused extends Common {
  readonly outcome: 'refused';
  /** For the pod's author: account, reason, fix and code. */
  readonly message: string;
}
export interface Injected extends Common {
  readonly outcome: 'injected';
  readonly pod: Pod;
  readonly ours: Ours;
  readonly config: SidecarConfig;
  readonly baseIdentity: BaseIdentity;
  readonly image: string;
  readonly roles: readonly RoleSpec[];
  /** Region of the containers. */
  readonly region: string;
  readonly defaultRegion: string;
  readonly containers: readonly ContainerOutcome[];
  /** Hash of the annotation that was read, so that `explain` can tell that it has changed since. */
  readonly annotationHash: string;
}
export type Decision = Skipped | Refused | Injected;

/**
 * What can be decided from the pod alone, before any account is looked up or annotation parsed:
 * mirror pods and pods that ask to be left alone. Undefined for all others.
 */
export function decideAlone(pod: unknown): Skipped | undefined {
  if (annotationOf(pod, FOREIGN_KEYS.mirrorPod) !== undefined) return skip('MirrorPod');
  if (annotationOf(pod, ANNOTATIONS.inject.key) === 'false') return skip('OptedOut');
  return undefined;
}

/** The decision on a pod that is about to be created in the account's namespace. No input throws. */
export function decide(rawPod: unknown, account: ServiceAccount | undefined, settings: DecideSettings): Decision {
  const alone = decideAlone(rawPod);
  if (alone) return alone;
  const annotation = account?.annotations[ANNOTATIONS.assumeRole.key];
  if (account === undefined || annotation === undefined) return skip('NotAnnotated');
  const roles = readRoles(account, settings);
  if (!roles.ok) return refuseProblems('AnnotationInvalid', account, ANNOTATIONS.assumeRole.key, roles.problems);
  const forbidden = roles.value.some(({ credentialSource }) => credentialSource === 'environment');
  if (forbidden && !settings.environmentSource.namespaces.includes(account.namespace)) {
    return refuse('SourceForbidden', account);
  }
  const view = viewPod(rawPod);
  if (!view.ok) return refuseProblems('PodMalformed', account, 'its shape', view.problems);
  return decidePod(view.value, { account, annotation, roles: roles.value, warnings: roles.warnings, settings });
}

interface Asked {
  readonly account: ServiceAccount;
  readonly annotation: string;
  readonly roles: readonly RoleSpec[];
  readonly warnings: readonly string[];
  readonly settings: DecideSettings;
}

function decidePod(pod: Pod, asked: Asked): Decision {
  const { account, settings, roles } = asked;
  const annotations = podAnnotations(pod);
  if (!annotations.ok) return refuseProblems('PodAnnotationInvalid', account, 'the pod', annotations.problems);
  const ours = findOurs(pod);
  if (ours.taken.length > 0) return refuse('NameTaken', account, ours.taken.join(', '));
  const conflict = podConflict(pod);
  if (conflict) {
    return settings.conflicts === 'refuse'
      ? refuse(conflict, account)
      : skip(conflict, [describe(conflict, account)], { pod, ours });
  }

  const ports = choosePorts(pod);
  const containers = containerOutcomes(pod, {
    ...{ roles: roles.map(({ name }) => name), skip: annotations.value.skipContainers, mesh: settings.meshContainers },
    ...{
      defaultRegion: settings.region,
      ports: [ports.credentials, ...(ours.sidecar ? [ours.sidecar.config.ports.credentials] : [])],
    },
  });
  const hard = containers.find(({ conflicts }) => conflicts.some(({ reason }) => !isSoft(reason)));
  const refusing =
    hard ?? (settings.conflicts === 'refuse' ? containers.find(({ conflicts }) => conflicts.length > 0) : undefined);
  if (refusing) return refuse(refusing.conflicts[0]?.reason ?? 'NameTaken', account, conflictDetail(containers));

  const warnings = [...asked.warnings, ...annotations.warnings, ...containers.flatMap((c) => c.warnings)];
  if (!containers.some(({ roles: held }) => held.length > 0)) return skip('NoRoleHeld', warnings, { pod, ours });
  const configs = Object.fromEntries(roles.map((role) => [role.name, roleConfig(role, account, settings)]));
  return {
    ...{ outcome: 'injected', reason: 'Injected', warnings, pod, ours, containers, roles },
    image: settings.sidecarImage,
    region: roles[0]?.region ?? settings.region,
    defaultRegion: settings.region,
    baseIdentity: baseIdentity(Object.values(configs), account, settings),
    annotationHash: createHash('sha256').update(asked.annotation).digest('hex').slice(0, 16),
    config: {
      version: 1,
      namespace: account.namespace,
      serviceAccount: account.name,
      ...(settings.cluster === undefined ? {} : { cluster: settings.cluster }),
      ports,
      agentEndpoints: settings.agentEndpoints,
      ...(settings.stsEndpoint === undefined ? {} : { stsEndpoint: settings.stsEndpoint }),
      roles: configs,
    },
  };
}

function podConflict({ spec }: Pod): ReasonCode | undefined {
  if (spec.os?.name === 'windows' || spec.nodeSelector?.[FOREIGN_KEYS.nodeOS] === 'windows') return 'Windows';
  return spec.hostNetwork === true ? 'HostNetwork' : undefined;
}

/** A conflict that the setting `conflicts: warn` turns into a skip. */
function isSoft(reason: ReasonCode): boolean {
  return reasonEntry(reason).conflict === 'container';
}

function conflictDetail(containers: readonly ContainerOutcome[]): string {
  return containers
    .filter(({ conflicts }) => conflicts.length > 0)
    .map(({ name, conflicts }) => `container ${name}: ${conflicts.map((c) => c.name).join(', ')}`)
    .join('; ');
}

function skip(reason: ReasonCode, warnings: readonly string[] = [], marked?: Skipped['marked']): Skipped {
  return { outcome: 'skipped', reason, warnings, ...(marked ? { marked } : {}) };
}

function refuse(reason: ReasonCode, account: ServiceAccount, detail = ''): Refused {
  return { outcome: 'refused', reason, warnings: [], message: describe(reason, account, detail) };
}

function refuseProblems(
  reason: ReasonCode,
  account: ServiceAccount,
  where: string,
  problems: readonly Problem[],
): Refused {
  return refuse(reason, account, `${where}: ${formatProblems(problems)}`);
}

/** One sentence each of what is asked, why not, where, and what to do; the code stands at the end. */
function describe(reason: ReasonCode, { namespace, name }: ServiceAccount, detail = ''): string {
  const { text, fix } = REASONS[reason];
  const why = detail === '' ? text : `${text.replace(/\.$/, '')}: ${detail}.`;
  return `rolechain: ServiceAccount ${namespace}/${name} asks for an AWS role, but: ${why} ${fix} [${reason}]`;
}
