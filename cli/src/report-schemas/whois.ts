import * as v from 'valibot';

export const DESCRIPTION =
  'Which pods a session name or an assumed-role ARN belongs to, and what the name alone says. Nothing secret.';

/** What the name alone says. */
const NAME = v.strictObject({
  /**
   * `default`: NAMESPACE.POD, as the default template makes it. `hashed`: cut or changed, with a hash of the whole behind it.
   * `pod-identity`: as EKS Pod Identity names the base identity's session. `other`: of a template, or not rolechain's.
   */
  form: v.picklist(['default', 'hashed', 'pod-identity', 'other']),
  /** Under the default template. */
  namespace: v.nullable(v.string()),
  /** Under the default template; of a hashed name its beginning. */
  pod: v.nullable(v.string()),
});

const POD = v.strictObject({
  namespace: v.string(),
  name: v.string(),
  serviceAccount: v.string(),
  phase: v.string(),
  /** The role's name in the annotation. */
  role: v.string(),
  /** 0: the base identity. Else the place in the chain; the last is the target. */
  hop: v.number(),
  hops: v.number(),
  roleARN: v.string(),
  template: v.string(),
  /** That hold the role. */
  containers: v.array(v.string()),
});

const ACCOUNT = v.strictObject({
  namespace: v.string(),
  name: v.string(),
  role: v.string(),
  roleARN: v.string(),
  template: v.string(),
});

const SUBJECT = v.strictObject({
  session: v.string(),
  /** That was assumed, where it is known. An assumed-role ARN leaves out the role's path, so that it has no ARN here. */
  role: v.nullable(v.strictObject({ account: v.string(), name: v.string(), arn: v.nullable(v.string()) })),
  /** Of a CloudTrail record. */
  event: v.nullable(
    v.strictObject({
      name: v.string(),
      time: v.string(),
      sourceIdentity: v.nullable(v.string()),
      tags: v.record(v.string(), v.string()),
    }),
  ),
  name: NAME,
  /**
   * `found`: one pod. `ambiguous`: several. `gone`: no pod, but ServiceAccounts whose annotation makes such names. `unknown`:
   * neither. `offline`: no cluster was asked.
   */
  verdict: v.picklist(['found', 'ambiguous', 'gone', 'unknown', 'offline']),
  pods: v.array(POD),
  serviceAccounts: v.array(ACCOUNT),
  /** Each ServiceAccount of `pods` and `serviceAccounts`, by NAMESPACE/NAME, and its annotation as it is now; null where it has none. */
  annotations: v.record(v.string(), v.nullable(v.string())),
});

export const REPORT = v.strictObject({ subjects: v.array(SUBJECT), notes: v.array(v.string()) });

export type WhoisReport = v.InferOutput<typeof REPORT>;
export type Subject = v.InferOutput<typeof SUBJECT>;
export type NameSays = v.InferOutput<typeof NAME>;
export type PodMatch = v.InferOutput<typeof POD>;
export type AccountMatch = v.InferOutput<typeof ACCOUNT>;
export type TrailEvent = NonNullable<Subject['event']>;
