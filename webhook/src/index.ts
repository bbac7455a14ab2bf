export { lookUpContext } from './admission/context.ts';
export * from './admission/decide-with-lookups.ts';
export * from './policy/service-account-warnings.ts';
export * from './admission/service-account-review.ts';
export * from './admission/pod-review.ts';
export * from './admission/review.ts';
export * from './policy/allowed-roles.ts';
export * from './objects/api-types.ts';
export { readCSVRecord, writeCSVRecord } from './objects/csv-record.ts';
export * from './policy/decide-service-account.ts';
export * from './policy/refusal.ts';
export { PRE_CHECKS as ALONE, CHECKS, STEPS, type Check } from './policy/checks.ts';
export * from './policy/decide-pod.ts';
export { accountGlobs, withDefaultRole } from './policy/default-role.ts';
export * from './policy/decision.ts';
export * from './injection/limit-ranges.ts';
export * from './objects/limit-range.ts';
export * from './patch/patch.ts';
export * from './policy/judgements.ts';
export { hashOfAnnotation, type Accepted } from './policy/judge-service-account.ts';
export { coversLoopback } from './injection/proxy-env.ts';
export { setBackIn } from './injection/set-back.ts';
export * from './injection/sidecar-config.ts';
export * from './policy/service-account-rules.ts';
export * from './objects/service-account.ts';
export { ALLOWED_SOURCES } from './settings/lock-down.ts';
export * from './settings/settings.ts';
export * from './injection/sidecar-fields.ts';
export * from './patch/uninject.ts';
export { keysOn, strayKeys, KEYS as ANNOTATION_KEYS, type AnnotatedKind } from './objects/annotation-keys.ts';
export type { Annotations } from './objects/annotations.ts';
export { truncate } from './objects/truncate.ts';
export { keptAnnotations } from './objects/kept-annotations.ts';
export { findInjected, type InjectedState } from './objects/injected-state.ts';
export {
  places,
  serviceAccountNameOf,
  viewPod,
  type Container,
  type ContainerList,
  type Place,
} from './objects/pod.ts';
export type { ContainerOutcome } from './policy/container-outcomes.ts';
export { defaultRoleFindings, type NamespaceFindings } from './policy/default-role-findings.ts';
export type { Finding } from './policy/findings.ts';
export { factsOf, type Asked, type Facts } from './policy/facts.ts';
export { strayProblem } from './policy/stray-annotations.ts';
