/** The part of a pod that is not rolechain's to change, for comparing before with after. */
import { ENV, FOREIGN_KEYS, NO_PROXIES, SIDECAR, emptyIsRemoved } from '@rolechain/shared';

const KEYS = [
  'rolechain.io/status',
  'rolechain.io/skipped',
  FOREIGN_KEYS.eksSkipContainers,
  FOREIGN_KEYS.veleroExcludes,
] as const;

type Json = Record<string, unknown>;
interface Named extends Json {
  name: string;
}

const OURS_IN_ENV: readonly string[] = [
  ENV.fullURI,
  ENV.tokenFile,
  ENV.token,
  ENV.region,
  ENV.defaultRegion,
  ENV.stsRegionalEndpoints,
  ENV.metadataDisabled,
  ...NO_PROXIES,
  ENV.useDualstackEndpoint,
];

/**
 * `after` without what the contract lets rolechain add to `before`: the sidecar, its volumes, the token
 * mounts, the variables that `before` didn't have or had empty, four annotations, and lists and maps that were made for
 * these; and with the empty variables that it takes out. Equal to `before` exactly when nothing foreign changed.
 */
export function withoutOurs(before: unknown, after: unknown): unknown {
  const next = structuredClone(after) as { metadata?: Json; spec: Json };
  const old = before as { metadata?: Json; spec: Json };
  stripAnnotations(old.metadata ?? {}, next);
  if (!old.metadata && Object.keys(next.metadata ?? {}).length === 0) delete next.metadata;
  stripList(old.spec, next.spec, 'volumes', ({ name }) => isOurs(name));
  stripList(old.spec, next.spec, 'initContainers', ({ name }) => name === SIDECAR.name);
  for (const list of ['initContainers', 'containers']) {
    const olds = (old.spec[list] ?? []) as Named[];
    ((next.spec[list] ?? []) as Named[]).forEach((container, index) =>
      stripContainer(olds[index] ?? ({} as Named), container),
    );
  }
  return next;
}

function stripContainer(old: Named, container: Named): void {
  stripList(old, container, 'volumeMounts', ({ name }) => name === SIDECAR.tokenVolume);
  const before = (old.env ?? []) as Named[];
  const had = new Set(before.filter((variable) => !isRemovedEmpty(variable)).map(({ name }) => name));
  stripList(old, container, 'env', ({ name }) => OURS_IN_ENV.includes(name) && !had.has(name));
  if (before.some(isRemovedEmpty)) container.env = withRemoved(before, (container.env ?? []) as Named[]);
}

function isRemovedEmpty({ name, value, valueFrom }: Named): boolean {
  return emptyIsRemoved(name) && !value && !valueFrom;
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

function stripList(old: Json, next: Json, key: string, ours: (item: Named) => boolean): void {
  const list = next[key];
  if (!Array.isArray(list)) return;
  const rest = (list as Named[]).filter((item) => !ours(item));
  if (rest.length === 0 && !Array.isArray(old[key])) {
    if (key in old) next[key] = old[key];
    else Reflect.deleteProperty(next, key);
  } else next[key] = rest;
}

function stripAnnotations(old: Json, next: { metadata?: Json }): void {
  const before = old.annotations as Json | undefined;
  const annotations = next.metadata?.annotations as Json | undefined;
  if (!annotations || !next.metadata) return;
  for (const key of KEYS) {
    if (before && key in before) annotations[key] = before[key];
    else Reflect.deleteProperty(annotations, key);
  }
  if (Object.keys(annotations).length === 0 && !before) delete next.metadata.annotations;
}

function isOurs(name: string): boolean {
  return name === SIDECAR.tokenVolume || name.startsWith(SIDECAR.volumePrefix);
}
