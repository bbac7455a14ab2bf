/** What a hint may name. */
export interface HintFacts {
  readonly action: 'AssumeRole' | 'AssumeRoleWithWebIdentity';
  readonly roleARN: string;
  readonly region: string;
  readonly externalIDSent: boolean;
  /** The role of the hop before, whose session signed the call. */
  readonly callerRoleARN?: string | undefined;
  /** What STS said, as a message may show it. */
  readonly said: string;
}
