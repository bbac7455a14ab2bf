/** Choices that both documents, the annotation and the SidecarConfig, know by the same words. */

/** Base identities that a chain may start from. */
export const CREDENTIAL_SOURCES = ['auto', 'pod-identity', 'irsa', 'environment'] as const;
export type CredentialSource = (typeof CREDENTIAL_SOURCES)[number];

/** What the pod's start does while a role has no first credential. */
export const STARTUPS = ['proceed', 'require'] as const;
export type Startup = (typeof STARTUPS)[number];

/** Whether the target is assumed by web identity: not at all, or alone, or first. */
export const WEB_IDENTITIES = ['never', 'only', 'prefer'] as const;
export type WebIdentityMode = (typeof WEB_IDENTITIES)[number];
