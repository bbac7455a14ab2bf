/**
 * The JSON Patch (RFC 6902) of an injected or marked pod: it adds to, or sets, what the contract names
 * and nothing else. Pure, on raw JSON; a second call on its own result gives no operation.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Operation } from 'fast-json-patch';
import {
  ANNOTATIONS,
  FOREIGN_KEYS,
  SIDECAR,
  VERSION,
  credentialsPath,
  tokenFile,
  type EksInjection,
  type RoleConfig,
  type SidecarConfig,
} from '@rolechain/shared';
import { setEnv, unsetEnv, type WantedEnv } from '../injection/container-env.ts';
import type { ContainerOutcome } from '../policy/container-outcomes.ts';
import type { Decision, Injected, Skipped } from '../policy/decision.ts';
import { withSkipped } from '../objects/eks-skip-containers.ts';
import {
  injectionOf,
  newExpirationSeconds,
  sidecarFields,
  volumes,
  type Injection,
} from '../injection/sidecar-container.ts';
import { fieldOperations, listDifference, listOperations, pointer } from './list-patch.ts';
import { hasOurName, isRoleMount, isSameVolume, ownVariables, tokenMount } from '../objects/injected-state.ts';
import { annotationOf, hasEnvFrom, isEmpty, type EnvVar, type Pod, type VolumeMount } from '../objects/pod.ts';
import { withLoopback } from '../injection/proxy-env.ts';
import { pullSecretOperations } from './pull-secrets.ts';
import { removalOperations, withoutOurEntries } from './remove-injection.ts';
import { same } from '../objects/same-by-api.ts';
import { asksForVault, isVaultAgent, missingMount, withPair } from '../injection/vault.ts';
import { endsBeforeTokens, withTokenVolume, withoutTokenVolume } from '../objects/velero.ts';

type Json = Record<string, unknown>;

/** Where random values come from: they are made once and kept at a later call. */
export interface RandomSource {
  /** At least 0, less than 1. */
  readonly random: () => number;
  /** 32 random bytes of a source fit for secrets, in base64url. */
  readonly randomToken: () => string;
}

/** The operations that a decision asks for; none for a refused pod or one that is left as it is. */
export function patch(rawPod: unknown, decision: Decision, { random, randomToken }: RandomSource): Operation[] {
  if (decision.outcome === 'refused') return [];
  if (decision.outcome === 'skipped') {
    return decision.marked ? skippedOperations(rawPod, decision.reason, decision.marked) : [];
  }
  const { pod } = decision;
  const config = decision.tokensInEnv ? withTokens(decision, randomToken) : decision.config;
  const injection = injectionOf(decision, config, () => newExpirationSeconds(random));
  return [
    // First what keeps its index, last what shifts the others.
    ...decision.containers.flatMap((outcome) => containerOperations(decision, outcome, injection.config)),
    ...volumeOperations(pod, injection),
    ...pullSecretOperations(pod, decision.imagePullSecrets),
    ...annotationOperations(rawPod, annotationsFor(decision)),
    ...sidecarOperations(decision, injection),
  ];
}

/** The configuration with the token of each role: that of an earlier call, else a new one. */
function withTokens({ config, ours }: Injected, randomToken: () => string): SidecarConfig {
  const before: Readonly<Record<string, RoleConfig>> = ours.sidecar?.config.roles ?? {};
  const roles = Object.entries(config.roles).map(([name, role]): [string, RoleConfig] => {
    const token = (Object.hasOwn(before, name) ? before[name]?.token : undefined) ?? randomToken();
    return [name, { ...role, token }];
  });
  return { ...config, roles: Object.fromEntries(roles) };
}

function skippedOperations(rawPod: unknown, reason: string, { injected }: NonNullable<Skipped['marked']>): Operation[] {
  const marks = { [ANNOTATIONS.skipped.key]: reason, [ANNOTATIONS.status.key]: undefined };
  if (!injected) return annotationOperations(rawPod, marks);
  const { pod, ours, eks } = injected;
  const { skipContainers } = eks.keys;
  const velero = annotationOf(pod, FOREIGN_KEYS.veleroExcludes);
  const annotations = {
    ...marks,
    [skipContainers]: withoutOurEntries(annotationOf(pod, skipContainers), pod, ours),
    [FOREIGN_KEYS.veleroExcludes]: ours.sidecar ? withoutTokenVolume(velero) : velero,
  };
  return [...annotationOperations(rawPod, annotations), ...removalOperations(pod, ours)];
}

function containerOperations(decision: Injected, outcome: ContainerOutcome, config: SidecarConfig): Operation[] {
  const { list, index, roles, removed } = outcome;
  const container = decision.pod.spec[list]?.[index];
  if (!container) return [];
  const path = pointer('spec', list, index);
  const env = container.env ?? [];
  const wanted = wantedEnv(decision, roles[0], config);
  const stripped = new Set(outcome.left ?? env);
  // Ours stand behind the others then, as where the EKS webhook comes later.
  const gone = new Set(
    env.filter((variable) => !stripped.has(variable) || (removed.includes(variable.name) && isEmpty(variable))),
  );
  const held = (variables: WantedEnv): readonly EnvVar[] => {
    const theirs = env.filter((variable) => !gone.has(variable));
    const next = setEnv(theirs, variables, hasEnvFrom(container));
    return decision.loopbackNoProxy ? withLoopback(next, container) : next;
  };
  const identity = isVaultAgent(decision.pod, outcome, decision.eks) ? decision.vaultIdentity : undefined;
  const free = (): readonly EnvVar[] => unsetEnv(env, ownVariables(decision.ours, config.ports.credentials));
  const nextEnv = wanted ? held(wanted) : identity ? withPair(free(), identity) : free();
  return [
    ...listDifference(`${path}/env`, container.env, nextEnv, gone),
    ...mountOperations(`${path}/volumeMounts`, container.volumeMounts, {
      roles,
      more: identity ? missingMount(container, identity) : [],
      eks: asksForVault(decision.pod) ? [] : decision.eks.injections,
      keepWhole: !!decision.ours.sidecar && endsBeforeTokens(container, list, index, decision.ours.sidecar),
    }),
  ];
}

function roleNamed({ roles }: Injected, name: string | undefined): Injected['roles'][number] | undefined {
  return roles.find((role) => role.name === name);
}

function wantedEnv(decision: Injected, name: string | undefined, config: SidecarConfig): WantedEnv | undefined {
  if (name === undefined) return undefined;
  return {
    uri: `http://127.0.0.1:${config.ports.credentials}${credentialsPath(name)}`,
    tokenFile: tokenFile(name),
    token: config.roles[name]?.token,
    region: roleNamed(decision, name)?.region ?? decision.defaultRegion,
    useDualstackEndpoint: decision.useDualstackEndpoint,
  };
}

interface WantedMounts {
  /** Whose tokens are mounted. */
  readonly roles: readonly string[];
  readonly more: readonly VolumeMount[];
  /** Whose mounts by the EKS webhook go. */
  readonly eks: readonly EksInjection[];
  /** Whether mounts of the token volume stay that aren't of one role. */
  readonly keepWhole: boolean;
}

function mountOperations(
  path: string,
  before: readonly VolumeMount[] | null | undefined,
  { roles, more, eks, keepWhole }: WantedMounts,
): Operation[] {
  const wanted = roles.map(tokenMount);
  const byPath = new Map(wanted.map((mount) => [mount.mountPath, mount]));
  const isWanted = (mount: VolumeMount): boolean =>
    mount.name === SIDECAR.tokenVolume && same('VolumeMount', mount, byPath.get(mount.mountPath));
  const present = new Set((before ?? []).filter(isWanted).map(({ mountPath }) => mountPath));
  const isEks = (mount: VolumeMount): boolean =>
    roles.length > 0 && eks.some(({ volume, mountPath }) => mount.name === volume && mount.mountPath === mountPath);
  const goes = (mount: VolumeMount): boolean =>
    isEks(mount) || (mount.name === SIDECAR.tokenVolume && !isWanted(mount) && !(keepWhole && !isRoleMount(mount)));
  const missing = wanted.filter(({ mountPath }) => !present.has(mountPath));
  return listOperations(path, before, (mount) => (goes(mount) ? 'remove' : 'keep'), [...missing, ...more]);
}

function volumeOperations(pod: Pod, injection: Injection): Operation[] {
  const wanted = volumes(injection);
  const before = pod.spec.volumes;
  // Volumes of our name are ours here (findInjected), and go when no role needs them any more.
  const next = (before ?? []).flatMap((volume) => {
    const ours = wanted.find(({ name }) => name === volume.name);
    if (!ours) return hasOurName(volume.name) ? [] : [volume];
    return isSameVolume(volume, ours) ? [volume] : [ours];
  });
  const missing = wanted.filter(({ name }) => !(before ?? []).some((volume) => volume.name === name));
  return listDifference('/spec/volumes', before, [...next, ...missing]);
}

function sidecarOperations(decision: Injected, injection: Injection): Operation[] {
  const fields = sidecarFields(injection);
  const { index, resources, ours } = decision;
  const path = pointer('spec', 'initContainers', index);
  const { sidecar } = ours;
  if (sidecar) {
    const from = pointer('spec', 'initContainers', sidecar.index);
    const changed = fieldOperations(from, sidecar.container, fields);
    // Moved as it is, with fields that nobody here has heard of.
    return index === sidecar.index ? changed : [...changed, { op: 'move', from, path }];
  }
  const container = { name: SIDECAR.name, ...fields, ...(resources ? { resources } : {}) };
  return decision.pod.spec.initContainers
    ? [{ op: 'add', path, value: container }]
    : [{ op: 'add', path: '/spec/initContainers', value: [container] }];
}

/** Sets the fields that differ and takes away those that shall not be there. */
function setFields(path: string, object: Json, fields: Json): Operation[] {
  return Object.entries(fields).flatMap(([key, value]): Operation[] => {
    if (value === undefined) return key in object ? [{ op: 'remove', path: path + pointer(key) }] : [];
    return isDeepStrictEqual(object[key], value) ? [] : [{ op: 'add', path: path + pointer(key), value }];
  });
}

/** Annotations to set, or with `undefined` to take away. */
function annotationOperations(rawPod: unknown, wanted: Readonly<Record<string, string | undefined>>): Operation[] {
  const metadata = (rawPod as { metadata?: Json | null }).metadata;
  const values = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  if (!metadata) return [{ op: 'add', path: '/metadata', value: { annotations: values } }];
  const path = '/metadata/annotations';
  const before = metadata.annotations as Json | null | undefined;
  return before ? setFields(path, before, wanted) : [{ op: 'add', path, value: values }];
}

function annotationsFor(decision: Injected): Record<string, string | undefined> {
  const holding = decision.containers.filter(({ roles }) => roles.length > 0);
  const velero = annotationOf(decision.pod, FOREIGN_KEYS.veleroExcludes);
  const { skipContainers } = decision.eks.keys;
  return {
    [ANNOTATIONS.status.key]: status(decision),
    [ANNOTATIONS.skipped.key]: undefined,
    [FOREIGN_KEYS.veleroExcludes]: decision.veleroExclude ? withTokenVolume(velero) : velero,
    [skipContainers]: withSkipped(annotationOf(decision.pod, skipContainers), [
      SIDECAR.name,
      ...holding.map(({ name }) => name),
    ]),
  };
}

function status({ roles, containers, imagePullSecrets, annotationHash }: Injected): string {
  return JSON.stringify({
    version: VERSION,
    roles: Object.fromEntries(roles.map(({ name, roleARN }) => [name, roleARN])),
    containers: Object.fromEntries(containers.filter((c) => c.roles.length > 0).map((c) => [c.name, c.roles])),
    skipped: Object.fromEntries(containers.flatMap((c) => (c.skipped ? [[c.name, c.skipped]] : []))),
    // For uninject: nothing else in the pod tells them from the author's.
    ...(imagePullSecrets.length > 0 ? { imagePullSecrets } : {}),
    annotation: annotationHash,
  });
}
