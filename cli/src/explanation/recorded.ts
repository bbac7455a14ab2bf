/** What a pod says of its own injection, by whatever version, and what changed since. Pure. */
import { ANNOTATIONS, VERSION } from '@rolechain/shared';
import type { Accepted, Decision } from '@rolechain/webhook';
import { sidecarOf } from '../cluster/sidecar.ts';
import { annotationsOf } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import type { Coded, Explanation } from '../report-schemas/explain.ts';

/** Codes of what changed since a pod was made. */
export const CHANGES = {
  AnnotationChanged: {
    text: 'The annotation that asks for the role has changed since the pod was made.',
    fix: 'Recreate the pod: a running one keeps the roles that it was made with.',
  },
  NoLongerAsked: {
    text: 'The pod was injected, and its ServiceAccount asks for no role any more.',
    fix: 'Recreate the pod: until then it keeps its role.',
  },
  WithoutSidecar: {
    text: 'The ServiceAccount asks for a role, and the pod has no sidecar: it was made before the annotation, or the webhook was not called.',
    fix: 'Recreate the pod. Where that does not help, check the installation.',
  },
  OtherVersion: {
    text: 'Another version of rolechain injected the pod.',
    fix: 'Recreate the pod for the version of today.',
  },
} as const;

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
    ...(skipped === undefined ? {} : { skipped }),
  };
}

/** The apiserver gives each object a uid. */
function isAdmitted({ metadata }: Json): boolean {
  return typeof (metadata as { readonly uid?: unknown } | undefined)?.uid === 'string';
}

export function changesOf(recorded: Recorded, decision: Decision, accepted: Accepted | undefined): Coded[] {
  const { injected, version, annotationHash, skipped } = recorded;
  const isAsked = decision.outcome !== 'skipped' || decision.marked !== undefined;
  const change = (code: keyof typeof CHANGES, detail = ''): Coded => ({
    code,
    text: `${CHANGES[code].text}${detail}`,
    fix: CHANGES[code].fix,
  });
  if (!injected) return skipped === undefined && decision.outcome !== 'skipped' ? [change('WithoutSidecar')] : [];
  const isOther = version !== undefined && version !== VERSION;
  const isChanged = accepted && annotationHash !== undefined && annotationHash !== accepted.annotationHash;
  return [
    ...(isAsked ? [] : [change('NoLongerAsked')]),
    ...(isChanged ? [change('AnnotationChanged')] : []),
    ...(isOther ? [change('OtherVersion', ` It was ${version}; this is ${VERSION}.`)] : []),
  ];
}
