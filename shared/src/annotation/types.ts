/** What the annotation's schemas make of a document, and what is filled in then. */
import type { Output } from '../schema.ts';
import type { SECRET_KEY_REF } from './fields.ts';
import type { DOCUMENT, HOP, ROLE } from './schema.ts';

export type SecretKeyRef = Output<typeof SECRET_KEY_REF>;

/** A hop, a role, a whole document as it is written: every field but roleARN may be absent. */
export type WrittenHop = Output<typeof HOP>;
export type WrittenRole = Output<typeof ROLE>;
export type Document = Output<typeof DOCUMENT>;

/** With these members there. */
type With<T, K extends keyof T> = Omit<T, K> & { readonly [F in K]-?: Exclude<T[F], undefined> };

/** One AssumeRole call, checked, with its defaults filled in. */
export interface HopSpec extends With<
  Omit<WrittenHop, 'duration'>,
  'sessionName' | 'tags' | 'transitiveTagKeys' | 'policyARNs'
> {
  readonly durationSeconds: number;
}

type RoleFields = Omit<WrittenRole, keyof WrittenHop | 'via'>;

/** A role that a ServiceAccount declares. Its own fields are those of the last hop, the target. */
export interface RoleSpec extends HopSpec, With<RoleFields, 'credentialSource' | 'webIdentity'> {
  readonly name: string;
  /** Hops before the target. */
  readonly via: readonly HopSpec[];
}
