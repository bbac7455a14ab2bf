/** What `rolechain trust-policy --output json` prints. */
import * as v from 'valibot';

export const DESCRIPTION =
  'The trust policy of each role of a ServiceAccount and the permission policy of the base and of each hop, with what is not known.';

const texts = v.union([v.string(), v.array(v.string())]);
const statement = v.strictObject({
  Sid: v.string(),
  Effect: v.literal('Allow'),
  Principal: v.optional(
    v.strictObject({ AWS: v.optional(v.string()), Service: v.optional(v.string()), Federated: v.optional(v.string()) }),
  ),
  Action: texts,
  Resource: v.optional(texts),
  Condition: v.optional(v.record(v.string(), v.record(v.string(), texts))),
});
const document = v.strictObject({ Version: v.literal('2012-10-17'), Statement: v.array(statement) });

export const REPORT = v.strictObject({
  serviceAccount: v.strictObject({ namespace: v.string(), name: v.string() }),
  refused: v.pipe(
    v.optional(v.string()),
    v.description('Why there are no policies: what the webhook says of the ServiceAccount.'),
  ),
  policies: v.array(
    v.strictObject({
      roleARN: v.string(),
      part: v.pipe(v.picklist(['base', 'hop', 'target']), v.description('What it is of the chain.')),
      roles: v.pipe(v.array(v.string()), v.description('The declared roles whose chains it is in.')),
      trustPolicy: v.pipe(v.nullable(document), v.description('Null for keys of a Secret, which nobody assumes.')),
      permissionPolicy: v.pipe(
        v.nullable(document),
        v.description('Null for a target, which assumes nothing further.'),
      ),
    }),
  ),
  placeholders: v.pipe(
    v.array(v.strictObject({ placeholder: v.string(), text: v.string(), secret: v.boolean() })),
    v.description('What stands in the policies for a value that is not known or not printed.'),
  ),
  notes: v.array(v.string()),
});

export type TrustPolicyReport = v.InferOutput<typeof REPORT>;
