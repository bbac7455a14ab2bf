/** What `rolechain explain --output json` prints. */
import * as v from 'valibot';

export const DESCRIPTION = 'What rolechain does to each pod, ServiceAccount and Namespace that was asked for, and why.';

const text = v.string();
const texts = v.array(text);

/** Something with a code of a table: reasons.ts, errors.ts, or that of `changes`. */
const CODED = v.strictObject({ code: text, text, fix: text });

const SUBJECT = v.strictObject({
  kind: text,
  namespace: text,
  name: text,
  /** A file, or the cluster. */
  from: text,
});

const HOP = v.strictObject({
  roleARN: text,
  sessionName: text,
  durationSeconds: v.number(),
  stsRegion: text,
  /** Where the ExternalId is from; the value itself is not told. */
  externalID: v.optional(text),
  tags: v.optional(texts),
  transitiveTagKeys: v.optional(texts),
  sourceIdentity: v.optional(text),
  sessionPolicy: v.optional(text),
  /** The pattern of the Namespace that allows it; absent where nothing had to match. */
  allowedBy: v.optional(text),
});

const ROLE = v.strictObject({
  name: text,
  /** Of the pod; empty of an account. */
  containers: texts,
  base: v.strictObject({ source: text, text, from: text }),
  /** In the order of the calls, the target last. */
  hops: v.array(HOP),
  region: v.strictObject({ name: text, from: text }),
  webIdentity: v.picklist(['never', 'only', 'prefer']),
  startup: v.picklist(['proceed', 'require']),
});

const CONTAINER = v.strictObject({
  name: text,
  init: v.boolean(),
  roles: texts,
  /** Which annotation, setting or default says so. */
  from: text,
  /** Why it holds none. */
  reason: v.optional(CODED),
});

const LIVE = v.strictObject({
  kind: v.picklist(['live', 'verdict', 'not-injected', 'not-running', 'unknown']),
  way: v.optional(v.picklist(['proxy', 'exec'])),
  text: v.optional(text),
  roles: v.optional(
    v.array(
      v.strictObject({
        name: text,
        state: text,
        source: text,
        secondsLeft: v.optional(v.number()),
        error: v.optional(CODED),
      }),
    ),
  ),
  /** Where the sidecar listens: nothing else of the pod can. `error`: why the credentials endpoint does not. */
  ports: v.optional(
    v.strictObject({ credentials: v.number(), health: v.number(), hint: text, error: v.optional(CODED) }),
  ),
  obstacles: v.optional(v.array(v.strictObject({ way: text, text, fix: text, rights: texts }))),
});

const RECORDED = v.strictObject({
  /** Whether the pod has a sidecar of rolechain's. */
  injected: v.boolean(),
  version: v.optional(text),
  annotationHash: v.optional(text),
  roles: texts,
  /** The target of each role, by its name, as the pod was made with it. */
  roleARNs: v.optional(v.record(text, text)),
  /** Those that the sidecar listens on. */
  ports: v.optional(v.strictObject({ credentials: v.number(), health: v.number() })),
  skipped: v.optional(text),
});

const NAMESPACE = v.strictObject({
  /** Absent where the annotation passes a limit: a reason says which. */
  allowedRoles: v.optional(
    v.strictObject({
      /** As they stand in the annotation; null: every role is allowed. */
      patterns: v.nullable(texts),
      from: text,
    }),
  ),
  /** Absent where it has no default role. */
  defaultRole: v.optional(
    v.strictObject({
      from: text,
      /** Globs of ServiceAccounts, as they stand in the annotation or by default. */
      accounts: texts,
      accountsFrom: text,
    }),
  ),
});

const EXPLANATION = v.strictObject({
  subject: SUBJECT,
  /** What the webhook would do now; of an account: to its pods. `unknown`: what it would look up is not known here. */
  outcome: v.picklist(['injected', 'skipped', 'refused', 'unknown']),
  reasons: v.array(v.strictObject({ ...CODED.entries, detail: text })),
  account: v.optional(
    v.strictObject({
      namespace: text,
      name: text,
      from: text,
      /** The annotation that asks, and the object that it stands on; absent where none asks. */
      annotation: v.optional(v.strictObject({ key: text, on: text })),
    }),
  ),
  /** Of a Namespace. */
  namespace: v.optional(NAMESPACE),
  settings: v.strictObject({ from: text, region: text, regionFrom: text }),
  containers: v.array(CONTAINER),
  roles: v.array(ROLE),
  /** Warnings of the webhook. */
  warnings: texts,
  /** What a person should see beside: misplaced and mistyped annotations, what changed since the pod was made, lacking rights. */
  findings: v.array(CODED),
  /** What a pod says of its own injection. */
  recorded: v.optional(RECORDED),
  live: v.optional(LIVE),
});

export const REPORT = v.strictObject({ explanations: v.array(EXPLANATION) });

export type ExplainReport = v.InferOutput<typeof REPORT>;
export type Explanation = v.InferOutput<typeof EXPLANATION>;
export type ExplainedRole = v.InferOutput<typeof ROLE>;
export type ExplainedHop = v.InferOutput<typeof HOP>;
export type ExplainedContainer = v.InferOutput<typeof CONTAINER>;
export type ExplainedNamespace = v.InferOutput<typeof NAMESPACE>;
export type Coded = v.InferOutput<typeof CODED>;
export type Subject = v.InferOutput<typeof SUBJECT>;
