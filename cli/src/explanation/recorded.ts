/** What a pod says of its own injection, by whatever version, and what changed since. Pure. */
import { ANNOTATIONS, VERSION } from '@rolechain/shared';
import type { Accepted, Decision } from '@rolechain/webhook';
import { sidecarConfigOf, sidecarOf } from '../cluster/sidecar.ts';
import { mapOf, mapsOf, textAt } from '../objects/fields.ts';
import { annotationsOf } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import { found } from './codes.ts';
import type { Coded, Explanation } from '../report-schemas/explain.ts';

type Recorded = NonNullable<Explanation['recorded']>;

/** Undefined where nothing says that the object was ever admitted. */
export function recordedOf(pod: Json): Recorded | undefined {
  const annotations = annotationsOf(pod);
  const sidecar = sidecarOf(pod);
  const skipped = annotations[ANNOTATIONS.skipped.key];
  if (!sidecar && skipped === undefined && !isAdmitted(pod)) return undefined;
  return {
    injected: sidecar !== undefined,
    ...(sidecar?.version === undefined ? {} : { version: sidecar.version }),
    ...(sidecar?.annotationHash === undefined ? {} : { annotationHash: sidecar.annotationHash }),
    roles: [...(sidecar?.roles ?? [])],
    ...(sidecar ? { roleARNs: roleARNsOf(pod, sidecar.roles) } : {}),
    ...(sidecar?.credentialsPort === undefined
      ? {}
      : { ports: { credentials: sidecar.credentialsPort, health: sidecar.healthPort } }),
    ...(skipped === undefined ? {} : { skipped }),
  };
}

/** Where each role's chain leads, as the sidecar was told when the pod was made. */
function roleARNsOf(pod: Json, names: readonly string[]): Record<string, string> {
  const roles = mapOf(sidecarConfigOf(pod)?.roles);
  return Object.fromEntries(
    names.flatMap((name) => {
      const roleARN = textAt(mapsOf(mapOf(roles[name]).hops).at(-1)?.roleARN);
      return roleARN === undefined ? [] : [[name, roleARN]];
    }),
  );
}

/** Where the settings are known. */
export function otherImage(pod: Json, today: string | undefined): Coded[] {
  const image = sidecarOf(pod)?.image;
  if (image === undefined || today === undefined || image === today) return [];
  return [found('OtherImage', `It was made with ${image}; today it is ${today}.`)];
}

/** The apiserver gives each object a uid. */
export function isAdmitted({ metadata }: Json): boolean {
  return typeof (metadata as { readonly uid?: unknown } | undefined)?.uid === 'string';
}

export function notPulled(pod: Json): Coded[] {
  const { notPulled: reason, image = '' } = sidecarOf(pod) ?? {};
  return reason === undefined ? [] : [found('ImageNotPulled', `It is ${image} (${reason}).`)];
}

/** `missing` says why a pod that should have a sidecar has none. */
export function changesOf(
  recorded: Recorded,
  decision: Decision,
  accepted: Accepted | undefined,
  missing: Coded,
): Coded[] {
  const { injected, version, annotationHash, skipped } = recorded;
  const isAsked = decision.outcome !== 'skipped' || decision.marked !== undefined;
  if (!injected) return skipped === undefined && decision.outcome !== 'skipped' ? [missing] : [];
  const isOther = version !== undefined && version !== VERSION;
  const isChanged = accepted && annotationHash !== undefined && annotationHash !== accepted.annotationHash;
  return [
    ...(isAsked ? [] : [found('NoLongerAsked')]),
    ...(isChanged ? [found('AnnotationChanged')] : []),
    ...(isOther ? [found('OtherVersion', `It was ${version}; this is ${VERSION}.`)] : []),
  ];
}
