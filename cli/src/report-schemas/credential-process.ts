import * as v from 'valibot';

export const DESCRIPTION =
  "What a profile's credential_process takes (AWS SDKs and Tools Reference Guide, Process credential provider), whatever --output says. It holds secrets.";

/** Whole seconds with Z: SDKs read no other form alike. */
export const EXPIRATION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

export const REPORT = v.strictObject({
  Version: v.literal(1),
  AccessKeyId: v.string(),
  SecretAccessKey: v.string(),
  SessionToken: v.string(),
  Expiration: v.pipe(v.string(), v.regex(EXPIRATION)),
  /** The account of the role, where its ARN shows it. */
  AccountId: v.optional(v.string()),
});

export type ProcessCredentials = v.InferOutput<typeof REPORT>;
