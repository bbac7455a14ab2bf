/**
 * What becomes of a pod. Pure: the same pod, account, surroundings and settings give the same decision, and the
 * decision carries everything that a message, a log line, a metric and the patch show.
 */
import {
  ANNOTATIONS,
  FOREIGN_KEYS,
  LIMITS,
  formatProblems,
  type ReasonCode,
  type RoleSpec,
  type SidecarConfig,
} from '@rolechain/shared';
import { baseIdentityWarnings } from './base-identity-warnings.ts';
import { heldRoles, undeclaredRoles } from './container-roles.ts';
import {
  containerFindings,
  refusingFindings,
  skipWarning,
  whyNoneHolds,
  type Finding,
  type Findings,
} from './conflicts.ts';
import { containerOutcomes, type ContainerOutcome } from './container-outcomes.ts';
import { decideAccount, type Accepted, type Surroundings } from './decide-service-account.ts';
import { refuse, refuseAll, refuseProblems } from './refusal.ts';
import { few, fewWarnings } from '../objects/truncate.ts';
import { networkFindings, sidecarIndex } from './mesh.ts';
import { windowsSign } from './node-os.ts';
import { findOurs, ownVariables, type Ours } from '../objects/injected-state.ts';
import { annotationOf, annotationsOf, places, viewPod, type Pod } from '../objects/pod.ts';
import { podAnnotations, type PodAnnotations } from './pod-annotations.ts';
import { patchTooLarge, podTooLarge } from './pod-size.ts';
import { choosePorts } from '../injection/sidecar-ports.ts';
import { processWarnings, sharesProcesses } from './process-namespace.ts';
import { sidecarResources, type SidecarResources } from '../injection/sidecar-resources.ts';
import { baseIdentity, sidecarConfig } from '../injection/sidecar-config.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import { setBackWarnings } from '../injection/set-back.ts';
import type { DecideSettings } from '../settings/settings.ts';
import { misplacedWarnings, strayWarnings } from './stray-annotations.ts';
import { vaultIdentity } from '../injection/vault.ts';
import type { Decision, Injected, Skipped } from './decision.ts';

/**
 * What can be decided from the pod alone, before any account is looked up or annotation parsed:
 * mirror pods and pods that ask to be left alone. Undefined for all others.
 */
export function decideAlone(pod: unknown): Skipped | undefined {
  if (annotationOf(pod, FOREIGN_KEYS.mirrorPod) !== undefined) return skip('MirrorPod');
  if (annotationOf(pod, ANNOTATIONS.inject.key) === 'false') return skip('OptedOut');
  return undefined;
}

/** Nothing but the account itself was looked up. */
const NOTHING: Surroundings = { others: new Map(), allowedRoles: undefined };

/**
 * A pod whose ServiceAccount asks for no role. It is left as it is, with a warning where an annotation was to ask and is
 * misspelt on the account, or stands on the pod.
 */
export function decideUnasked(rawPod: unknown, account: ServiceAccount | undefined): Skipped {
  const ofAccount = account
    ? strayWarnings(account.annotations, 'ServiceAccount', `${account.namespace}/${account.name}`)
    : [];
  return skip('NotAnnotated', fewWarnings([...misplacedWarnings(annotationsOf(rawPod)), ...ofAccount]));
}

/** The decision on a pod that is about to be created in the account's namespace. No input throws. */
export function decide(
  rawPod: unknown,
  account: ServiceAccount | undefined,
  settings: DecideSettings,
  around: Surroundings = NOTHING,
): Decision {
  const alone = decideAlone(rawPod);
  if (alone) return alone;
  const accepted = decideAccount(account, settings, around);
  if (account === undefined || accepted === undefined) return decideUnasked(rawPod, account);
  if (accepted.outcome === 'refused') return accepted;
  const tooLarge = podTooLarge(rawPod);
  if (tooLarge !== undefined) return refuse('PodTooLarge', account, tooLarge);
  const view = viewPod(rawPod);
  if (!view.ok) return refuseProblems('PodMalformed', account, 'its shape', view.problems);
  const annotations = podAnnotations(view.value, settings);
  if (!annotations.ok) {
    const problems = annotations.problems.slice(0, LIMITS.placesNamed);
    return refuseProblems('PodAnnotationInvalid', account, 'the pod', problems);
  }
  const strays = [
    ...strayWarnings(account.annotations, 'ServiceAccount', `${account.namespace}/${account.name}`),
    ...strayWarnings(around.namespaceAnnotations ?? {}, 'Namespace', account.namespace),
  ];
  const warnings = [...strays, ...accepted.warnings, ...annotations.warnings];
  return decidePod(view.value, { account, accepted, settings, around, annotations: annotations.value, warnings });
}

interface Asked {
  readonly account: ServiceAccount;
  readonly accepted: Accepted;
  readonly settings: DecideSettings;
  readonly around: Surroundings;
  readonly annotations: PodAnnotations;
  readonly warnings: readonly string[];
}

function decidePod(pod: Pod, asked: Asked): Decision {
  const { account, settings, accepted, annotations } = asked;
  const undeclared = undeclaredRoles(annotations.containerRoles, accepted.roles);
  const ours = findOurs(pod);
  const ports = choosePorts(pod, ours);
  const rolesOf = heldRoles(annotations.containerRoles, accepted.roles);
  const containers = containerOutcomes(pod, {
    rolesOf,
    named: annotations.containerRoles,
    skip: new Set(annotations.skipContainers),
    mesh: settings.meshContainers,
    eks: settings.eks,
    defaultRegion: settings.region,
    loopbackNoProxy: settings.loopbackNoProxy,
    isOurs: ownVariables(ours, ports.credentials),
  });
  const rolesIn = (list: readonly ContainerOutcome[], wanted = false): RoleSpec[] => {
    const names = new Set(list.flatMap((c) => (wanted && c.conflicts.length > 0 ? rolesOf(c.name) : c.roles)));
    return accepted.roles.filter(({ name }) => names.has(name));
  };
  const index = sidecarIndex(pod, ours, settings.meshContainers);
  // A conflict that is yet to be mended takes no role away.
  const wanted = rolesIn(containers, settings.conflicts === 'refuse');
  const network = networkFindings(pod, ours, { index, mesh: settings.meshContainers, roles: wanted });
  const findings: Findings = {
    always: [
      ...(undeclared.length > 0 ? [{ reason: 'RoleUndeclared' as const, detail: few(undeclared) }] : []),
      ...(ours.taken.length > 0 ? [{ reason: 'NameTaken' as const, detail: few(ours.taken) }] : []),
    ],
    ofPod: [...podConflicts(pod, wanted.length), ...network.conflicts],
    ofContainers: containerFindings(containers),
  };
  const refusing = refusingFindings(findings, settings.conflicts);
  if (refusing.length > 0) return refuseAll(refusing, account);
  const [conflict] = findings.ofPod;
  if (conflict) return skip(conflict.reason, findings.ofPod.map(skipWarning), { pod, ours, eks: settings.eks });
  const tooMuch = patchTooLarge(pod, containers, settings);
  if (tooMuch !== undefined) return refuse('PodTooLarge', account, tooMuch);

  const held = rolesIn(containers);
  const spoken = [
    ...asked.warnings,
    ...baseIdentityWarnings(pod, held, account, settings.eks),
    ...processWarnings(pod, containers),
    ...network.warnings,
    ...containers.flatMap((c) => c.warnings),
  ];
  if (held.length === 0) {
    const none = skipWarning({ reason: 'NoRoleHeld', detail: whyNoneHolds(containers) });
    return skip('NoRoleHeld', fewWarnings([none, ...spoken]), { pod, ours, eks: settings.eks });
  }
  const resources = newResources(pod, ours, asked.around);
  if ('noRoom' in resources) return refuse('LimitRangeTooTight', account, few(resources.noRoom, '; '));
  if (!resources.ok) return refuse('SidecarResourcesInvalid', account, formatProblems(resources.problems));
  const told = [...spoken, ...resources.warnings];
  return inject(
    { ...asked, warnings: told },
    { pod, ours, index, ports, containers, roles: held, resources: resources.value },
  );
}

function newResources(pod: Pod, { sidecar }: Ours, around: Surroundings): SidecarResources {
  if (sidecar) return { ok: true, value: undefined, warnings: [] };
  const others = places(pod).map(({ container }) => container);
  const { namespaceAnnotations = {}, limitRules = [] } = around;
  return sidecarResources(pod, others, namespaceAnnotations, limitRules);
}

function inject(
  { account, accepted, settings, around, annotations, warnings }: Asked,
  {
    ports,
    ...found
  }: Pick<Injected, 'pod' | 'ours' | 'index' | 'containers' | 'roles' | 'resources'> & {
    readonly ports: SidecarConfig['ports'];
  },
): Injected {
  const config = sidecarConfig(found.roles, account, settings, around.others, ports);
  const injected: Omit<Injected, 'warnings'> = {
    ...{ outcome: 'injected', reason: 'Injected', ...found, config },
    allowances: accepted.allowances,
    image: settings.sidecarImage,
    imagePullSecrets: settings.imagePullSecrets,
    user: settings.sidecarUser,
    declareMetricsPort: settings.declareMetricsPort,
    environment: settings.sidecarEnvironment,
    eks: settings.eks,
    defaultRegion: settings.region,
    veleroExclude: settings.veleroExclude,
    loopbackNoProxy: settings.loopbackNoProxy,
    useDualstackEndpoint: settings.containersUseDualstackEndpoint,
    tokensInEnv: annotations.authorizationToken === 'env',
    baseIdentity: baseIdentity(Object.values(config.roles), account, settings),
    vaultIdentity: vaultIdentity(found.pod, account, settings),
    annotationHash: accepted.annotationHash,
  };
  return { ...injected, warnings: fewWarnings([...setBackWarnings(injected), ...warnings]) };
}

/** What of the pod itself speaks against a sidecar that serves so many roles. */
function podConflicts(pod: Pod, roles: number): Finding[] {
  const windows = windowsSign(pod);
  const shared = sharesProcesses(pod);
  return [
    ...(windows === undefined ? [] : [{ reason: 'Windows' as const, detail: `the pod asks for it by ${windows}` }]),
    ...(pod.spec.hostNetwork === true ? [{ reason: 'HostNetwork' as const, detail: '' }] : []),
    ...(shared !== undefined && roles > 1
      ? [{ reason: 'SharedProcessNamespace' as const, detail: `by ${shared}` }]
      : []),
  ];
}

function skip(reason: ReasonCode, warnings: readonly string[] = [], marked?: Skipped['marked']): Skipped {
  return { outcome: 'skipped', reason, warnings, ...(marked ? { marked } : {}) };
}
