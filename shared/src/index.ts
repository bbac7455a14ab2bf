export * from './annotations.ts';
export * from './arn.ts';
export * from './arn-like.ts';
export { parseAssumeRole } from './annotation/parse.ts';
export type { HopSpec, RoleSpec, SecretKeyRef } from './annotation/types.ts';
export { readYAML, type Dialect } from './annotation/document.ts';
export { chainOf, type Chain } from './annotation/chain.ts';
export {
  FIELDS,
  NESTED,
  POLICY,
  POLICY_ARN,
  SENT_TAGS,
  TAG,
  TAGS_EXPECTED,
  isTagValue,
  sessionDuration,
  tagTemplates,
  type Field,
} from './annotation/fields.ts';
export { parseFluxAssumeRole, readAnnotation, type AnnotationRead } from './annotation/flux.ts';
export { FLUX_ROLE_ARN, type Grammar } from './annotation/role-arn.ts';
export { DOCUMENT as annotationSchema, HOP as writtenHop, ROLE as writtenRole } from './annotation/schema.ts';
export { baseRoleProblems, clusterProblems } from './annotation/rules.ts';
export * from './certificate-times.ts';
export * from './code-cache-use.ts';
export * from './enums.ts';
export * from './duration.ts';
export * from './eks.ts';
export * from './environment.ts';
export * from './errors.ts';
export * from './glob.ts';
export * from './image.ts';
export * from './kubernetes.ts';
export * from './limits.ts';
export * from './logger.ts';
export { SIDECAR_METRICS } from './metric-table/sidecar.ts';
export { WEBHOOK_METRICS } from './metric-table/webhook.ts';
export * from './members.ts';
export * from './metrics.ts';
export * from './did-you-mean.ts';
export * from './partition.ts';
export * from './paths.ts';
export * from './ports.ts';
export * from './problem.ts';
export { SIMULATOR } from './error-table/command.ts';
export { programText, type ProgramHelp } from './program-text.ts';
export * from './reasons.ts';
export * from './regions.ts';
export * from './schema.ts';
export * from './sdk-variables.ts';
export { answerHead, hasBody, requestEmitted, stopSentAhead, type SentAheadOptions } from './sent-ahead.ts';
export * from './session-name.ts';
export * from './session-tags.ts';
export * from './sidecar-config/codec.ts';
export { config as sidecarConfigSchema, hop as hopSchema, role as roleSchema } from './sidecar-config/schema.ts';
export * from './sidecar-config/types.ts';
export * from './sidecar-start.ts';
export * from './sidecar-status.ts';
export * from './webhook-start.ts';
export * from './sts-endpoint.ts';
export * from './version.ts';
export * from './warnings.ts';
