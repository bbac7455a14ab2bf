/**
 * What of a pod is never rolechain's, regardless of who wrote the rest. Unlike `unmanagedChanges` it looks at one pod alone, and so fits
 * copies and forgeries, of which some is ours already: the pod before and the pod after must have the same part.
 */
import { EKS_VARIABLES, EKS_VOLUMES, KEYS, SIDECAR_NAME, VARIABLES, isOurVolume, isRemovedEmpty } from './names.ts';

type Json = Record<string, unknown>;

const OURS: ReadonlySet<unknown> = new Set([...VARIABLES, ...EKS_VARIABLES]);

/** A copy without what may be ours, and without lists and maps that are empty then. Any JSON will do. */
export function unmanagedPart(pod: unknown): unknown {
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
    ...some(
      'volumes',
      without(volumes, ({ name }) => isOurVolume(name)),
    ),
  };
}

function containersPart(containers: unknown): unknown {
  const foreign = without(containers, ({ name }) => name === SIDECAR_NAME);
  if (!Array.isArray(foreign)) return foreign;
  return foreign.map((container: unknown) => {
    if (!isMap(container)) return container;
    const { env, volumeMounts, ...rest } = container;
    const isOursOrTheirs = ({ name }: Json): boolean => isOurVolume(name) || EKS_VOLUMES.includes(String(name));
    return {
      ...rest,
      ...some(
        'env',
        without(env, (variable) => OURS.has(variable.name) || isRemovedEmpty(variable)),
      ),
      ...some('volumeMounts', without(volumeMounts, isOursOrTheirs)),
    };
  });
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
