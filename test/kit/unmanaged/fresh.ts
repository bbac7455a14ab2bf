/**
 * What changed of a pod that isn't rolechain's to change: the oracle of "nothing else of the pod changes" (contract, section 2),
 * for pods that nobody has injected before. Each change is told by its path.
 */
import { changes, type Change } from './changes.ts';
import { KEYS, SIDECAR_NAME, SKIPPED_KEY, TOKEN_MOUNT, VARIABLES, isOurVolume, isRemovedEmpty } from './names.ts';

type Json = Record<string, unknown>;
interface Named extends Json {
  readonly name: string;
}

/** What some settings let the webhook add beside. */
export interface Allowed {
  /** Names of variables: DUALSTACK_VARIABLE, NO_PROXY_VARIABLES. */
  readonly variables?: readonly string[];
  /** Names of Secrets, the setting `imagePullSecrets`. */
  readonly pullSecrets?: readonly string[];
}

/** Every difference that the contract doesn't name: none where only rolechain's own was added, and empty variables were taken out. */
export function unmanagedChanges(before: unknown, after: unknown, allowed: Allowed = {}): Change[] {
  return changes(before, withoutOurs(before, after, allowed));
}

/**
 * A copy of `after` without the sidecar, its volumes, the token mounts, the variables that `before` didn't have or had empty, what
 * was written into four annotations, and lists and maps that were made for these; and with the empty variables that were taken out.
 */
function withoutOurs(before: unknown, after: unknown, allowed: Allowed): unknown {
  const next = structuredClone(after) as { metadata?: Json; spec: Json };
  const old = before as { metadata?: Json; spec: Json };
  stripAnnotations(old, next);
  strip(old.spec, next.spec, 'volumes', ({ name }) => isOurVolume(name));
  strip(old.spec, next.spec, 'initContainers', ({ name }) => name === SIDECAR_NAME);
  strip(old.spec, next.spec, 'imagePullSecrets', ({ name }) => allowed.pullSecrets?.includes(name) === true);
  for (const list of ['initContainers', 'containers']) {
    const olds = itemsOf(old.spec, list);
    itemsOf(next.spec, list).forEach((container) => {
      const was = olds.find(({ name }) => name === container.name) ?? { name: container.name };
      stripContainer(was, container, [...VARIABLES, ...(allowed.variables ?? [])]);
    });
  }
  return next;
}

function stripContainer(old: Named, container: Named, variables: readonly string[]): void {
  strip(old, container, 'volumeMounts', isTokenMount);
  const before = itemsOf(old, 'env');
  const had = new Set(before.filter((variable) => !isRemovedEmpty(variable)).map(({ name }) => name));
  strip(old, container, 'env', ({ name }) => variables.includes(name) && !had.has(name), true);
  if (before.some(isRemovedEmpty)) container.env = withRemoved(before, itemsOf(container, 'env'));
}

/** Of one role, read-only. */
function isTokenMount({ name, mountPath, subPath, readOnly }: Named): boolean {
  const role = typeof mountPath === 'string' ? TOKEN_MOUNT.exec(mountPath)?.[1] : undefined;
  return name === 'rolechain' && role !== undefined && subPath === role && readOnly === true;
}

/** `after` with the empty variables of `before` that it lacks, each in its place. */
function withRemoved(before: readonly Named[], after: readonly Named[]): Named[] {
  const rest = [...after];
  const all = before.flatMap((variable) => {
    if (JSON.stringify(rest[0]) === JSON.stringify(variable)) return rest.splice(0, 1);
    return isRemovedEmpty(variable) ? [variable] : rest.splice(0, 1);
  });
  return [...all, ...rest];
}

/** Takes items of ours out of a list; what `before` had by that name stays, unless `replaces`. A list that was made goes. */
function strip(old: Json, next: Json, key: string, isOurs: (item: Named) => boolean, replaces = false): void {
  const list = next[key];
  if (!Array.isArray(list)) return;
  const had = new Set(replaces ? [] : itemsOf(old, key).map(({ name }) => name));
  const rest = (list as Named[]).filter((item) => had.has(item.name) || !isOurs(item));
  if (rest.length > 0 || Array.isArray(old[key])) next[key] = rest;
  else restore(old, next, key);
}

function itemsOf(object: Json, key: string): Named[] {
  return (object[key] ?? []) as Named[];
}

/** As `before` has it, absent or null. */
function restore(old: Json, next: Json, key: string): void {
  if (key in old) next[key] = old[key];
  else Reflect.deleteProperty(next, key);
}

/** Only `skipped` ever goes: whatever else went is told. */
function stripAnnotations(old: { metadata?: Json }, next: { metadata?: Json }): void {
  const before = old.metadata?.annotations as Json | null | undefined;
  const annotations = next.metadata?.annotations as Json | null | undefined;
  if (!next.metadata || !annotations) return;
  for (const key of KEYS) {
    if (before && key in before) {
      if (key in annotations || key === SKIPPED_KEY) annotations[key] = before[key];
    } else Reflect.deleteProperty(annotations, key);
  }
  if (Object.keys(annotations).length === 0 && !before) restore(old.metadata ?? {}, next.metadata, 'annotations');
  if (Object.keys(next.metadata).length === 0 && !old.metadata) restore(old, next, 'metadata');
}
