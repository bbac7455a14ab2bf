/**
 * The way back from `patch`: the JSON Patch that takes rolechain out of a pod whatever its account says, for the
 * author who has only the injected pod. Pure, on raw JSON.
 *
 * `uninject(inject(pod))` is the pod again, up to what can't be known from the result: what the EKS webhook had
 * written, what stood there already as rolechain would have written it (127.0.0.1 at the end of NO_PROXY,
 * `imagePullSecrets` and the token volume among Velero's names too), empty variables that were taken out, incoming
 * values of the two annotations that the webhook writes, what the EKS webhook doesn't read in its `skip-containers`,
 * and empty lists, maps and names of Velero's.
 */
import type { Operation } from 'fast-json-patch';
import { ANNOTATIONS, EKS, ENV, FOREIGN_KEYS, type EksWebhook } from '@rolechain/shared';
import {
  findInjected,
  hasOurName,
  ownVariables,
  type IsInjected,
  type InjectedState,
} from '../objects/injected-state.ts';
import { pointer } from './list-patch.ts';
import { CONTAINER_LISTS, viewPod, type Container, type EnvVar, type Pod } from '../objects/pod.ts';
import { withoutLoopback } from '../injection/proxy-env.ts';
import { addedPullSecrets } from './pull-secrets.ts';
import { withoutOurEntries } from './remove-injection.ts';
import { withoutTokenVolume } from '../objects/velero.ts';

/**
 * The operations that take out what `patch` put in. None for what is no pod, and for a pod in which a name of
 * ours is taken by something else: the webhook refuses such a pod, so nothing in it is ours.
 */
export function uninject(rawPod: unknown, { keys }: EksWebhook = EKS): Operation[] {
  const view = viewPod(rawPod);
  if (!view.ok) return [];
  const pod = view.value;
  const { sidecar, nameCollisions } = findInjected(pod);
  if (nameCollisions.length > 0) return [];
  const isOurs = ownVariables(sidecar ? { sidecar } : {});
  const pullSecrets = sidecar ? addedPullSecrets(pod) : new Set();
  return [
    ...CONTAINER_LISTS.flatMap((list) =>
      (pod.spec[list] ?? []).flatMap((container, index) =>
        container === sidecar?.container ? [] : containerOperations(pointer('spec', list, index), container, isOurs),
      ),
    ),
    ...without('/spec/imagePullSecrets', pod.spec.imagePullSecrets, ({ name }) => pullSecrets.has(name)),
    ...without('/spec/volumes', pod.spec.volumes, ({ name }) => hasOurName(name)),
    ...annotationOperations(pod, sidecar ? { sidecar } : {}, keys.skipContainers),
    // Last, since it shifts the others.
    ...without('/spec/initContainers', pod.spec.initContainers, (container) => container === sidecar?.container),
  ];
}

function containerOperations(path: string, { env, volumeMounts }: Container, isOurs: IsInjected): Operation[] {
  const variables = env ?? [];
  const ours = new Set(ownEnv(variables, isOurs));
  const start = variables.findIndex(isOurs);
  const before = start < 0 ? new Map<EnvVar, EnvVar | undefined>() : withoutLoopback(variables, start);
  const isGone = (variable: EnvVar): boolean =>
    ours.has(variable) || (before.has(variable) && before.get(variable) === undefined);
  const restored = variables.flatMap((variable, index): Operation[] => {
    const value = before.get(variable)?.value;
    return typeof value === 'string' ? [{ op: 'replace', path: `${path}/env/${index}/value`, value }] : [];
  });
  return [
    ...restored,
    ...without(`${path}/env`, env, isGone),
    ...without(`${path}/volumeMounts`, volumeMounts, ({ name }) => hasOurName(name)),
  ];
}

/**
 * What leads to the sidecar; and behind it, where `setEnv` puts them, the defaults with the values that it gives.
 * One in front of it, or of another value, is the user's own.
 */
function ownEnv(env: readonly EnvVar[], isOurs: IsInjected): EnvVar[] {
  const leading = env.filter(isOurs);
  const start = env.findIndex((variable) => variable.name === ENV.fullURI && isOurs(variable));
  if (start < 0) return leading;
  const behind = env.slice(start).filter(({ valueFrom }) => !valueFrom);
  const find = (name: string): EnvVar | undefined => behind.find((variable) => variable.name === name);
  const [region, defaultRegion] = [find(ENV.region), find(ENV.defaultRegion)];
  const [sts, metadata] = [find(ENV.stsRegionalEndpoints), find(ENV.metadataDisabled)];
  const dualstack = find(ENV.useDualstackEndpoint);
  const defaults = [
    ...(region && defaultRegion && region.value === defaultRegion.value ? [region, defaultRegion] : []),
    ...(sts?.value === 'regional' ? [sts] : []),
    ...(metadata?.value === 'true' ? [metadata] : []),
    ...(dualstack?.value === 'true' ? [dualstack] : []),
  ];
  return [...leading, ...defaults];
}

function annotationOperations(pod: Pod, ours: Pick<InjectedState, 'sidecar'>, skipKey: string): Operation[] {
  const { metadata } = pod;
  const annotations = metadata?.annotations;
  if (!metadata || !annotations) return [];
  const skip = annotations[skipKey];
  const rest = withoutOurEntries(skip, pod, ours);
  const velero = annotations[FOREIGN_KEYS.veleroExcludes];
  const otherVolumes = ours.sidecar ? withoutTokenVolume(velero) : velero;
  const gone: string[] = [ANNOTATIONS.status.key, ANNOTATIONS.skipped.key].filter((key) => key in annotations);
  if (skip !== undefined && rest === undefined) gone.push(skipKey);
  if (velero !== undefined && otherVolumes === undefined) gone.push(FOREIGN_KEYS.veleroExcludes);
  if (gone.length > 0 && gone.length === Object.keys(annotations).length) {
    const empty = Object.keys(metadata).length === 1;
    return [{ op: 'remove', path: empty ? '/metadata' : '/metadata/annotations' }];
  }
  const path = pointer('metadata', 'annotations', skipKey);
  return [
    ...gone.map((key): Operation => ({ op: 'remove', path: pointer('metadata', 'annotations', key) })),
    ...(rest !== undefined && rest !== skip ? [{ op: 'replace', path, value: rest } as const] : []),
    ...(otherVolumes !== undefined && otherVolumes !== velero
      ? [
          {
            op: 'replace',
            path: pointer('metadata', 'annotations', FOREIGN_KEYS.veleroExcludes),
            value: otherVolumes,
          } as const,
        ]
      : []),
  ];
}

/** A list without some elements; nothing is left of one that would be empty. */
function without<T>(path: string, list: readonly T[] | null | undefined, goes: (element: T) => boolean): Operation[] {
  const indexes = (list ?? []).flatMap((element, index) => (goes(element) ? [index] : []));
  if (indexes.length === 0) return [];
  if (indexes.length === list?.length) return [{ op: 'remove', path }];
  // From the back, so that the indexes before them hold.
  return indexes.toReversed().map((index) => ({ op: 'remove', path: `${path}/${index}` }));
}
