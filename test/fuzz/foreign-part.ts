/**
 * What of a pod is never rolechain's, anyone who wrote the rest. Unlike `withoutOurs` of test/models it looks at one pod
 * alone, and so fits copies and forgeries: the pod before and the pod after must have the same foreign part.
 */
import { ANNOTATIONS, EKS, ENV, FOREIGN_KEYS, SIDECAR, emptyIsRemoved } from '@rolechain/shared';

type Json = Record<string, unknown>;

const VARIABLES: ReadonlySet<unknown> = new Set([
  ...[ENV.fullURI, ENV.tokenFile, ENV.token, ENV.region, ENV.defaultRegion],
  ...[ENV.stsRegionalEndpoints, ENV.metadataDisabled],
  ...EKS.injections.flatMap(({ pair }) => pair),
]);
const KEYS: readonly string[] = [
  ...[ANNOTATIONS.status.key, ANNOTATIONS.skipped.key],
  ...[FOREIGN_KEYS.eksSkipContainers, FOREIGN_KEYS.veleroExcludes],
];

/** A copy without what may be ours, and without lists and maps that are empty then. Any JSON will do. */
export function foreignPart(pod: unknown): unknown {
  if (!isMap(pod)) return pod;
  const { metadata, spec, ...rest } = pod;
  return { ...rest, ...some('metadata', metadataPart(metadata)), ...some('spec', specPart(spec)) };
}

function metadataPart(metadata: unknown): unknown {
  if (!isMap(metadata)) return metadata;
  const { annotations, ...rest } = metadata;
  if (!isMap(annotations)) return { ...rest, ...some('annotations', annotations) };
  const foreign = Object.entries(annotations).filter(([key]) => !KEYS.includes(key));
  return { ...rest, ...some('annotations', Object.fromEntries(foreign)) };
}

function specPart(spec: unknown): unknown {
  if (!isMap(spec)) return spec;
  const { containers, initContainers, volumes, ...rest } = spec;
  return {
    ...rest,
    ...some('containers', containersPart(containers)),
    ...some('initContainers', containersPart(initContainers)),
    ...some('volumes', without(volumes, isOurVolume)),
  };
}

function containersPart(containers: unknown): unknown {
  const foreign = without(containers, ({ name }) => name === SIDECAR.name);
  if (!Array.isArray(foreign)) return foreign;
  return foreign.map((container: unknown) => {
    if (!isMap(container)) return container;
    const { env, volumeMounts, ...rest } = container;
    const isTheirs = (mount: Json): boolean => EKS.injections.some(({ volume }) => volume === mount.name);
    return {
      ...rest,
      ...some(
        'env',
        without(env, (variable) => VARIABLES.has(variable.name) || isEmpty(variable)),
      ),
      ...some(
        'volumeMounts',
        without(volumeMounts, (mount) => isOurVolume(mount) || isTheirs(mount)),
      ),
    };
  });
}

/** One that may be taken out, by the contract. */
function isEmpty({ name, value, valueFrom }: Json): boolean {
  return typeof name === 'string' && emptyIsRemoved(name) && !value && !valueFrom;
}

function isOurVolume({ name }: Json): boolean {
  return typeof name === 'string' && (name === SIDECAR.tokenVolume || name.startsWith(SIDECAR.volumePrefix));
}

function without(list: unknown, isOurs: (item: Json) => boolean): unknown {
  return Array.isArray(list) ? list.filter((item: unknown) => !isMap(item) || !isOurs(item)) : list;
}

/** Absent, null and empty are the same: what was made for ours stays when ours goes. */
function some(key: string, value: unknown): Json {
  const isEmpty =
    value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return isEmpty ? {} : { [key]: value };
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
