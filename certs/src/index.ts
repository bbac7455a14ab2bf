export * from './token-bucket.ts';
export {
  AUTHORITY_LIFETIME_MS,
  CLOCK_SKEW_MS,
  LEAF_LIFETIME_MS,
  LOOKAHEAD_MS,
  makeAuthority,
  makeLeaf,
  type KeyPair,
} from './authority.ts';
export { CertificateError, describeFailure, mayPass, statusOf, type CertificateErrorCode } from './errors.ts';
export * from './maintain-certificates.ts';
export * from './kubernetes.ts';
export * from './log.ts';
export * from './names.ts';
export * from './nudges.ts';
export * from './publish.ts';
export * from './rotation.ts';
export * from './store.ts';
