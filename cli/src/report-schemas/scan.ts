/** What `rolechain scan --output json` prints. */
import * as v from 'valibot';

export const DESCRIPTION = "What becomes of a cluster's pods by the webhook's own decision, by workload.";

const name = v.string();
const owner = v.strictObject({ kind: v.string(), name });

export const REPORT = v.strictObject({
  namespace: v.pipe(v.nullable(name), v.description('Null: all namespaces.')),
  installed: v.pipe(v.nullable(v.string()), v.description('Version of the webhook; null where it is not known.')),
  asIf: v.pipe(v.nullable(v.string()), v.description('The role ARN that every ServiceAccount was taken to ask for.')),
  workloads: v.pipe(
    v.array(
      v.strictObject({
        namespace: name,
        owner,
        serviceAccount: name,
        pods: v.pipe(v.number(), v.description('Of this workload, with this outcome.')),
        outcome: v.picklist(['injected', 'skipped', 'refused', 'not-covered']),
        reason: v.pipe(v.string(), v.description('Reason code; NotCovered where the webhook is not called.')),
        message: v.pipe(v.nullable(v.string()), v.description('Of a refusal: what the author of the pod reads.')),
        isInjected: v.pipe(v.boolean(), v.description('Whether its pods hold a sidecar now.')),
        differs: v.pipe(
          v.nullable(v.string()),
          v.description(
            'What of the sidecar that its pods hold is otherwise today: they have it once they are recreated.',
          ),
        ),
        containers: v.array(v.strictObject({ name, roles: v.array(v.string()) })),
        eks: v.pipe(v.array(name), v.description('Containers that lose what the EKS webhook injected into them.')),
        warnings: v.array(v.string()),
      }),
    ),
    v.description('Those whose ServiceAccount asks for a role.'),
  ),
  staticKeys: v.pipe(
    v.array(v.strictObject({ namespace: name, owner, containers: v.array(name) })),
    v.description('Workloads with static AWS keys in their environment, whether they ask for a role or not.'),
  ),
  serviceAccounts: v.pipe(
    v.array(v.strictObject({ namespace: name, name, byDefault: v.boolean() })),
    v.description('Those that ask for a role; `byDefault`: by the annotation of their Namespace.'),
  ),
  unasked: v.pipe(v.number(), v.description('Pods whose ServiceAccount asks for none: nothing changes.')),
  notCovered: v.pipe(
    v.array(v.strictObject({ namespace: name, pods: v.number() })),
    v.description('Namespaces for whose pods the webhook is not called.'),
  ),
  ended: v.pipe(v.number(), v.description('Pods that have ended: they were not looked at.')),
  notes: v.pipe(v.array(v.string()), v.description('What could not be read.')),
});

export type ScanReport = v.InferOutput<typeof REPORT>;
export type Workload = ScanReport['workloads'][number];
