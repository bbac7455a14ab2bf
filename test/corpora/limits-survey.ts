/** Pods of every shape of resources in namespaces with a LimitRange or a ResourceQuota. */
import { CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import type { DryRuns } from './dry-run.ts';
import { POLICIES, SHAPE_NAMES, policyObjects, shaped, type Policy, type Shape } from './limits.ts';
import type { NamedPod } from '@rolechain/kit/corpora/load.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { space } from './spaces.ts';
import { acceptedBefore, judgeAll, rejected, type Accepted, type Judged } from './survey.ts';

/** One shape of pod under one policy. */
export interface Cell {
  readonly policy: Policy;
  readonly shape: Shape;
  readonly pods: number;
  readonly accepted: readonly Accepted[];
  readonly judged: readonly Judged[];
  /** With the annotations that make it fit: of the pod, and of the Namespace. */
  readonly ofPod: readonly Judged[];
  readonly ofNamespace: readonly Judged[];
}

const spaceOf = ({ name }: Policy): string => name;
/** The same with the annotations on the Namespace. */
const fittingSpaceOf = ({ name }: Policy): string => `${name}-fitting`;

export function limitSpaces(): KubeObject[] {
  return POLICIES.flatMap((policy) => [
    ...space(spaceOf(policy)),
    ...policyObjects(policy, spaceOf(policy)),
    ...space(fittingSpaceOf(policy), { annotations: { ...policy.fitting } }),
    ...policyObjects(policy, fittingSpaceOf(policy)),
  ]);
}

/** What the quota controller of a whole cluster does: until the status says what is used, every pod is refused. */
export async function startQuotas(kubeConfig: KubeConfig): Promise<void> {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  const { items } = await api.listResourceQuotaForAllNamespaces();
  for (const item of items) {
    const hard = item.spec?.hard ?? {};
    const used = Object.fromEntries(Object.keys(hard).map((key) => [key, '0']));
    const { name = '', namespace = '' } = item.metadata ?? {};
    await api.replaceNamespacedResourceQuotaStatus({
      name,
      namespace,
      body: Object.assign(item, { status: { hard, used } }),
    });
  }
}

/** Every pod goes to one policy in four, with one shape in each, so that every cell gets a share of the pods. */
export function cells(pods: readonly NamedPod[]): { policy: Policy; shape: Shape; pods: NamedPod[] }[] {
  return POLICIES.flatMap((policy, p) =>
    SHAPE_NAMES.map((shape, s) => ({
      policy,
      shape,
      pods: pods.filter((_, i) => (i + p) % 4 === 0 && Math.floor((i + p) / 4) % SHAPE_NAMES.length === s),
    })),
  );
}

/** Before rolechain is there. */
export async function cellsBefore(runs: DryRuns, pods: readonly NamedPod[]): Promise<Cell[]> {
  const all = cells(pods).map(async ({ policy, shape, pods: some }) => {
    const cases = some.map(({ source, pod }) => ({ source, pod: shaped(pod, shape), namespace: spaceOf(policy) }));
    const accepted = await acceptedBefore(runs, cases);
    return { policy, shape, pods: some.length, accepted, judged: [], ofPod: [], ofNamespace: [] };
  });
  return Promise.all(all);
}

/** Through rolechain. */
export async function cellsAfter(runs: DryRuns, before: readonly Cell[]): Promise<Cell[]> {
  const all = before.map(async (cell): Promise<Cell> => {
    const { policy, accepted } = cell;
    // In a pod with resources of its own only the pod's annotations count, and without need none is written.
    const refused = policy.expected[cell.shape] instanceof RegExp;
    const [writes, reads] = cell.shape === 'pod-level' ? [refused, !refused] : [true, true];
    const annotated = (writes ? accepted : []).map(({ pod, ...rest }): Accepted => {
      const annotations = { ...(pod.metadata.annotations as object | undefined), ...policy.fitting };
      return { ...rest, pod: { ...pod, metadata: { ...pod.metadata, annotations } } };
    });
    const elsewhere = (reads ? accepted : []).map((one) => ({ ...one, namespace: fittingSpaceOf(policy) }));
    const [judged, ofPod, ofNamespace] = await Promise.all([
      judgeAll(runs, accepted),
      judgeAll(runs, annotated),
      judgeAll(runs, elsewhere),
    ]);
    return { ...cell, judged, ofPod, ofNamespace };
  });
  return Promise.all(all);
}

/** What became of a cell's pods, in the words of `wanted` where it is that; else with a message of the apiserver. */
export function verdict({ pods, accepted, judged, policy, shape }: Cell): string {
  const name = `${policy.name}, ${shape}`;
  if (accepted.length === 0) return `${name}: refused before`;
  const messages = rejected(judged).map(({ after }) => (after.accepted ? '' : after.message));
  if (messages.length === 0) return `${name}: fits ${accepted.length} of ${pods}`;
  const expected = policy.expected[shape];
  const unlike = messages.filter((message) => !(expected instanceof RegExp && expected.test(message)));
  return `${name}: refused ${messages.length} of ${pods}${unlike.length > 0 ? `: ${unlike[0] ?? ''}` : ''}`;
}

/** The verdict that the table of policies expects. */
export function wanted({ pods, policy, shape }: Cell): string {
  const expected = policy.expected[shape];
  const name = `${policy.name}, ${shape}`;
  if (expected === 'refused before') return `${name}: ${expected}`;
  return `${name}: ${expected === 'fits' ? 'fits' : 'refused'} ${pods} of ${pods}`;
}
