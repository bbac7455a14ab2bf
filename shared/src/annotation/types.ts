import type { CredentialSource, WebIdentityMode, Startup } from '../enums.ts';

export interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

/** One AssumeRole call, checked, with its defaults filled in. */
export interface HopSpec {
  readonly roleARN: string;
  readonly externalID?: string;
  readonly externalIDFrom?: { readonly secretKeyRef: SecretKeyRef };
  /** Template; resolved in the sidecar, since a generated pod name is unknown at admission. */
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly stsRegion?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  /** JSON text. */
  readonly policy?: string;
  readonly policyARNs: readonly string[];
}

/** A role that a ServiceAccount declares. Its own fields are those of the last hop, the target. */
export interface RoleSpec extends HopSpec {
  readonly name: string;
  /** Region of the containers, and of the STS endpoint unless stsRegion is there. */
  readonly region?: string;
  readonly sourceIdentity?: string;
  readonly credentialSource: CredentialSource;
  /** The base identity is this account; the namespace is the pod's when absent. */
  readonly serviceAccount?: { readonly name: string; readonly namespace?: string };
  readonly webIdentity: WebIdentityMode;
  readonly startup: Startup;
  /** Hops before the target. */
  readonly via: readonly HopSpec[];
}

/** A hop or role as it is written: every field but roleARN may be absent. */
export type WrittenHop = Partial<Omit<HopSpec, 'durationSeconds'>> & {
  readonly roleARN: string;
  readonly duration?: number;
};
export type WrittenRole = WrittenHop &
  Partial<Omit<RoleSpec, keyof HopSpec | 'name' | 'via'>> & { readonly via?: readonly WrittenHop[] };
export type Document = Partial<WrittenRole> & { readonly roles?: Readonly<Record<string, WrittenRole>> };
