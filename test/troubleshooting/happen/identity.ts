/** Ways to run as somebody else without a word: pods that were made all the same. */
import type { Happenings } from '../run.ts';
import { ANNOTATIONS } from '@rolechain/shared';
import { NAMESPACE, ROLE, accountOf, podOf, namespaceOf, type ClusterStage } from './cluster-stage.ts';
import type { Seen } from '../measure.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';

const both = async ({ apply, explain, rolechain }: ClusterStage, pod: KubeObject): Promise<Seen> => ({
  'kubectl apply': await apply(pod),
  'rolechain explain pod': await explain(pod),
  'rolechain status': await rolechain('status', String(pod.metadata.namespace)),
});

/** The ReplicaSet and the pod that the Deployment's controller would make: it is not in the room. */
async function rolledOut(
  { kubectl, apply }: ClusterStage,
  name: string,
  template: { metadata: object; spec?: unknown },
): Promise<KubeObject> {
  const ownedBy = async (kind: string, of: string): Promise<object> => {
    const uid = await kubectl(['get', kind, of, '--namespace', NAMESPACE, '--output=jsonpath={.metadata.uid}']);
    return { apiVersion: 'apps/v1', kind, name: of, uid, controller: true };
  };
  const set = `${name}-5d4f8c7b9`;
  await apply({
    ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet', spec: { selector: { matchLabels: { app: name } }, template } },
    metadata: { name: set, namespace: NAMESPACE, ownerReferences: [await ownedBy('Deployment', name)] },
  });
  const pod = podOf(`${set}-x2k9p`);
  const made = {
    ...pod,
    metadata: { ...pod.metadata, ...template.metadata, ownerReferences: [await ownedBy('ReplicaSet', set)] },
    spec: template.spec,
  };
  await apply(made);
  return made;
}

export const IDENTITY: Happenings<ClusterStage> = {
  'annotation-on-pod': (stage) =>
    both(stage, podOf('on-pod', { serviceAccountName: 'plain' }, { 'rolechain.io/assume-role': ROLE })),
  'annotation-among-labels': async (stage) => {
    const said = await stage.apply({
      ...accountOf('labelled'),
      metadata: { ...accountOf('labelled').metadata, labels: { 'rolechain.io/assume-role': 'x' } },
    });
    return { ...(await both(stage, podOf('labelled', { serviceAccountName: 'labelled' }))), 'kubectl logs': said };
  },
  'prefix-mistyped': async (stage) => {
    await stage.apply(accountOf('prefix', undefined, { 'rolechains.io/assume-role': ROLE }));
    return both(stage, podOf('prefix', { serviceAccountName: 'prefix' }));
  },
  'wrong-account': (stage) => both(stage, podOf('by-default', { serviceAccountName: undefined })),
  'annotation-on-deployment': async (stage) => {
    const template = { metadata: { labels: { app: 'web' } }, spec: podOf('web', { serviceAccountName: 'plain' }).spec };
    const spec = { selector: { matchLabels: { app: 'web' } }, template };
    const said = await stage.apply({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', spec },
      metadata: { name: 'web', namespace: NAMESPACE, annotations: { [ANNOTATIONS.assumeRole.key]: ROLE } },
    });
    const pod = await rolledOut(stage, 'web', template);
    return { 'kubectl apply': said, 'rolechain explain pod': await stage.explain(pod) };
  },
  'annotated-late': async (stage) => {
    await stage.apply(accountOf('late'));
    await stage.apply(podOf('late', { serviceAccountName: 'late' }));
    const said = await stage.apply(accountOf('late', ROLE));
    return {
      'kubectl apply': said,
      'rolechain explain pod': await stage.explain(podOf('late')),
      'rolechain status': await stage.rolechain('status', 'shop'),
    };
  },
  'annotation-changed': async (stage) => {
    await stage.apply(accountOf('changed', ROLE));
    await stage.apply(podOf('changed', { serviceAccountName: 'changed' }));
    const said = await stage.apply(accountOf('changed', `${ROLE}-2`));
    return {
      'kubectl apply': said,
      'rolechain explain pod': await stage.explain(podOf('changed')),
      'rolechain status': await stage.rolechain('status', 'shop'),
    };
  },
  'opted-out': (stage) => both(stage, podOf('opted-out', {}, { 'rolechain.io/inject': 'false' })),
  'skip-listed': (stage) => both(stage, podOf('skip-listed', {}, { 'rolechain.io/skip-containers': 'app' })),
  'no-default-role': async (stage) => {
    await stage.apply(accountOf('audit-only', `roles: {audit: {roleARN: "${ROLE}"}}`));
    return both(stage, podOf('audit-only', { serviceAccountName: 'audit-only' }));
  },
  'namespace-left-out': async (stage) => {
    await stage.apply(accountOf('orders', ROLE, {}, 'kube-system'));
    return both(stage, podOf('left-out', {}, {}, 'kube-system'));
  },
  'flux-alias-off': async (stage) => {
    const said = await stage.apply(accountOf('flux', undefined, { 'aws.auth.fluxcd.io/assume-role': ROLE }));
    return { ...(await both(stage, podOf('flux', { serviceAccountName: 'flux' }))), 'kubectl logs': said };
  },
};
