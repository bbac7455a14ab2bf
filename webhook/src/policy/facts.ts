/** What is known of a pod and its account. Each fact is found at most once a review: when the first check asks for it. Pure. */
import type { Result, RoleSpec } from '@rolechain/shared';
import { sharesProcesses } from './process-namespace.ts';
import { sidecarIndex, networkFindings, type NetworkFindings } from './mesh.ts';
import { containerOutcomes, type ContainerOutcome } from './container-outcomes.ts';
import { heldRoles, undeclaredRoles } from './container-roles.ts';
import { decideServiceAccount, type AdmissionContext } from './decide-service-account.ts';
import type { Accepted } from './judge-service-account.ts';
import type { Judgements } from './judgements.ts';
import { podAnnotations, type PodAnnotations } from './pod-annotations.ts';
import type { Refused } from './refusal.ts';
import { choosePorts } from '../injection/sidecar-ports.ts';
import { sidecarResources, type SidecarResources } from '../injection/sidecar-resources.ts';
import { findInjected, ownVariables, type InjectedState } from '../objects/injected-state.ts';
import { places, viewPod, type Place, type Pod } from '../objects/pod.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';

/** A pod that is about to be created, and what was looked up for it. */
export interface Asked {
  /** Any JSON value. */
  readonly pod: unknown;
  readonly account: ServiceAccount;
  readonly settings: DecideSettings;
  readonly context: AdmissionContext;
}

/** Those of one group need what the checks before them have made sure of, and throw without it. */
export interface Facts {
  readonly asked: Asked;
  /** The setting of that name; `warn` under a Namespace's default role, since nobody asked for that pod. */
  readonly conflicts: () => DecideSettings['conflicts'];
  /** What the account comes to; undefined where it asks for no role. */
  readonly judged: () => Accepted | Refused | undefined;
  readonly view: () => Result<Pod>;

  /** The checks of the account passed. */
  readonly accepted: () => Accepted;
  /** The pod has the API's shape. */
  readonly pod: () => Pod;
  readonly places: () => readonly Place[];
  readonly readAnnotations: () => Result<PodAnnotations>;

  /** The pod's annotations are valid. */
  readonly annotations: () => PodAnnotations;
  readonly undeclaredRoles: () => readonly string[];
  readonly ours: () => InjectedState;
  readonly ports: () => { readonly credentials: number; readonly health: number };
  /** The sidecar's place among the other init containers. */
  readonly index: () => number;
  readonly containers: () => readonly ContainerOutcome[];
  /** Roles that containers hold. */
  readonly held: () => readonly RoleSpec[];
  /** With `conflicts: refuse` also those that only a conflict keeps from them: its author is yet to mend it. */
  readonly wanted: () => readonly RoleSpec[];
  /** The field or annotation by which the pod's processes see one another. */
  readonly sharedProcesses: () => string | undefined;
  readonly network: () => NetworkFindings;
  readonly resources: () => SidecarResources;
}

export function factsOf(asked: Asked, judgements: Judgements): Facts {
  const { account, settings, context } = asked;
  const conflicts = once(() => (account.byDefault ? 'warn' : settings.conflicts));
  const judged = once(() => decideServiceAccount(account, settings, context, judgements));
  const accepted = once(() => {
    const found = judged();
    return found?.outcome === 'accepted' ? found : missing('an accepted account');
  });
  const view = once(() => viewPod(asked.pod));
  const pod = once(() => valueOf(view()));
  const all = once(() => places(pod()));
  const readAnnotations = once(() => podAnnotations(pod(), all(), settings));
  const annotations = once(() => valueOf(readAnnotations()));
  const ours = once(() => findInjected(pod(), all()));
  const ports = once(() => choosePorts(all(), ours()));
  const index = once(() => sidecarIndex(pod(), ours(), settings.meshContainers));
  const rolesOf = once(() => heldRoles(annotations().containerRoles, accepted().roles));
  const containers = once(() =>
    containerOutcomes(all(), {
      rolesOf: rolesOf(),
      hasRegion: (role) => accepted().roles.some(({ name, region }) => name === role && region !== undefined),
      named: annotations().containerRoles,
      skip: new Set(annotations().skipContainers),
      mesh: settings.meshContainers,
      eks: settings.eks,
      defaultRegion: settings.region,
      loopbackNoProxy: settings.loopbackNoProxy,
      isOurs: ownVariables(ours(), ports().credentials),
    }),
  );
  const rolesIn = (of: (outcome: ContainerOutcome) => readonly string[]): RoleSpec[] => {
    const names = new Set(containers().flatMap(of));
    return accepted().roles.filter(({ name }) => names.has(name));
  };
  const held = once(() => rolesIn(({ roles }) => roles));
  const withConflicts = ({ name, roles, conflicts }: ContainerOutcome): readonly string[] =>
    conflicts.length > 0 ? rolesOf()(name) : roles;
  const wanted = once(() => (conflicts() === 'refuse' ? rolesIn(withConflicts) : held()));
  return {
    ...{
      asked,
      conflicts,
      judged,
      accepted,
      view,
      pod,
      places: all,
      readAnnotations,
      annotations,
      ours,
      ports,
      index,
      containers,
    },
    ...{ held, wanted },
    sharedProcesses: once(() => sharesProcesses(pod())),
    undeclaredRoles: once(() => undeclaredRoles(annotations().containerRoles, accepted().roles)),
    network: once(() => networkFindings(pod(), ours(), { index: index(), settings, roles: wanted() })),
    resources: once(() => newResources(pod(), all(), ours(), context)),
  };
}

/** Of a sidecar that is there already they stay as they are. */
function newResources(
  pod: Pod,
  all: readonly Place[],
  { sidecar }: InjectedState,
  { namespaceAnnotations = {}, limitRules = [] }: AdmissionContext,
): SidecarResources {
  if (sidecar) return { ok: true, value: undefined, warnings: [] };
  const others = all.map(({ container }) => container);
  return sidecarResources(pod, others, namespaceAnnotations, limitRules);
}

function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => (found ??= { value: find() }).value;
}

function valueOf<T>(checked: Result<T>): T {
  return checked.ok ? checked.value : missing('a value that was checked');
}

function missing(what: string): never {
  throw new Error(`a check asked for ${what} before the check that makes sure of it`);
}
