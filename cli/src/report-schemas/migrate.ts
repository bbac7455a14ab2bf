/** What `rolechain migrate --output json` prints. */
import * as v from 'valibot';

/** The tools whose traces are looked for. */
export const TOOLS = [
  'kube2iam or kiam',
  'AWS profiles',
  'epicac',
  'EKS Pod Identity',
  'KEDA',
  'External Secrets',
] as const;

export const DESCRIPTION =
  'The annotations that replace what other tools have, what a person does beside, and what does not carry over.';

const annotations = v.pipe(v.record(v.string(), v.string()), v.description('By their keys.'));
const from = v.strictObject({
  tool: v.picklist(TOOLS),
  object: v.pipe(v.string(), v.description('A kind with namespace and name, a file, or an association.')),
  field: v.string(),
});

export const REPORT = v.strictObject({
  serviceAccounts: v.array(
    v.strictObject({
      namespace: v.string(),
      name: v.pipe(v.nullable(v.string()), v.description('Null where nothing says whose pods use it.')),
      annotations,
      roles: v.array(v.strictObject({ name: v.string(), roleARN: v.string(), from: v.array(from) })),
    }),
  ),
  namespaces: v.array(v.strictObject({ name: v.string(), annotations, from: v.array(from) })),
  workloads: v.pipe(
    v.array(v.strictObject({ workload: v.string(), annotations })),
    v.description('Annotations of pods, or of the templates of pods.'),
  ),
  notCarried: v.array(v.strictObject({ ...from.entries, why: v.string(), fix: v.string() })),
  steps: v.array(v.strictObject({ object: v.string(), text: v.string() })),
});

export type MigrateReport = v.InferOutput<typeof REPORT>;
