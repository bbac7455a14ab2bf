/** What `explain` finds of a pod in a cluster beside the webhook's decision: the codes of its findings. */
import type { Coded } from '../report-schemas/explain.ts';

export const FOUND = {
  AnnotationChanged: {
    text: 'The annotation that asks for the role has changed since the pod was made.',
    fix: 'Recreate the pod: a running one keeps the roles that it was made with.',
  },
  NoLongerAsked: {
    text: 'The pod was injected, and its ServiceAccount asks for no role any more.',
    fix: 'Recreate the pod: until then it keeps its role.',
  },
  AnnotatedLater: {
    text: 'The pod was made before its ServiceAccount asked for a role, and has no sidecar.',
    fix: 'Recreate the pod: one that runs is not changed.',
  },
  NotCalled: {
    text: 'The ServiceAccount asked for a role when the pod was made, and the pod has no sidecar: the webhook was not called or did not answer, and no guard refused it.',
    fix: 'Recreate the pod, and run rolechain doctor: it says what keeps the webhook or the guard from working.',
  },
  NotCovered: {
    text: 'The webhook is not called for pods of this namespace, and the guard does not look at them.',
    fix: 'Label the Namespace rolechain.io/enabled=true and recreate the pod, or run it in another namespace.',
  },
  WithoutSidecar: {
    text: 'The ServiceAccount asks for a role, and the pod has no sidecar: it was made before the annotation, or the webhook was not called.',
    fix: 'Recreate the pod. Where that does not help, check the installation.',
  },
  FluxAliasOff: {
    text: 'The ServiceAccount has the annotation of Flux, aws.auth.fluxcd.io/assume-role, which rolechain does not read: the setting fluxAlias is off.',
    fix: 'Write rolechain.io/assume-role with the same value, or ask the admin for the overlay flux-alias; then recreate the pod.',
  },
  DefaultRoleNotNamed: {
    text: "The Namespace's default role is not for this ServiceAccount: it has a role of its own, eks.amazonaws.com/role-arn, and rolechain.io/assume-role-accounts does not name it.",
    fix: 'Write rolechain.io/assume-role on the ServiceAccount, or its name, without wildcards, into rolechain.io/assume-role-accounts on the Namespace; then recreate the pod.',
  },
  DefaultRoleOff: {
    text: 'The Namespace has a default role, rolechain.io/assume-role, which rolechain does not read: the setting namespaceDefaultRole is off.',
    fix: 'Write the annotation on the ServiceAccount, or ask the admin for the overlay default-role; then recreate the pod.',
  },
  ImageNotPulled: {
    text: "The node cannot pull the sidecar's image.",
    fix: 'Ask the admin to correct sidecarImage in the settings, or to name a Secret in imagePullSecrets; rolechain doctor checks the first. Then recreate the pod.',
  },
  OtherImage: {
    text: 'The sidecar of the pod is of another image than the settings name now.',
    fix: 'Recreate the pod to have it: a running one is not changed.',
  },
  OtherVersion: {
    text: 'Another version of rolechain injected the pod.',
    fix: 'Recreate the pod for the version of today.',
  },
} as const;

export type FoundCode = keyof typeof FOUND;

/** With a sentence of this case behind the table's. */
export const found = (code: FoundCode, detail = ''): Coded => ({
  code,
  text: detail === '' ? FOUND[code].text : `${FOUND[code].text} ${detail}`,
  fix: FOUND[code].fix,
});
