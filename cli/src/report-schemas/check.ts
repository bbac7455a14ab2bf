/** What `rolechain check --output json` prints. */
import * as v from 'valibot';

export const DESCRIPTION =
  'Each call of the chains of a ServiceAccount against policy documents, with what is missing.';

const cause = v.strictObject({
  policy: v.picklist(['trust-policy', 'permission-policy', 'session-policy']),
  roleARN: v.pipe(v.string(), v.description('Whose policy it is.')),
  files: v.array(v.string()),
  isAbsent: v.pipe(v.boolean(), v.description('Whether the folder has none.')),
  deny: v.pipe(v.optional(v.string()), v.description('The statement that forbids it: its Sid, or its number.')),
  almost: v.pipe(
    v.optional(
      v.strictObject({
        statement: v.string(),
        conditions: v.array(v.strictObject({ operator: v.string(), key: v.string() })),
      }),
    ),
    v.description('The statement that would allow it, but for these conditions.'),
  ),
  statement: v.pipe(
    v.optional(v.record(v.string(), v.unknown())),
    v.description('What would allow it, with placeholders for values that are not known.'),
  ),
});

export const REPORT = v.strictObject({
  serviceAccount: v.strictObject({ namespace: v.string(), name: v.string() }),
  refused: v.pipe(
    v.optional(v.string()),
    v.description('Why there are no chains: what the webhook says of the ServiceAccount.'),
  ),
  isAllowed: v.boolean(),
  paths: v.array(
    v.strictObject({
      role: v.string(),
      base: v.picklist(['pod-identity', 'irsa', 'environment', 'web-identity']),
      calls: v.array(
        v.strictObject({
          roleARN: v.string(),
          caller: v.string(),
          actions: v.array(v.strictObject({ action: v.string(), isAllowed: v.boolean(), causes: v.array(cause) })),
        }),
      ),
    }),
  ),
  notes: v.array(v.string()),
});

export type CheckReport = v.InferOutput<typeof REPORT>;
