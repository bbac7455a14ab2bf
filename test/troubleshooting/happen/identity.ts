/** Ways to run as somebody else without a word: pods that were made all the same. */
import type { Happenings } from '../run.ts';
import { ANNOTATIONS } from '@rolechain/shared';
import { NAMESPACE, ROLE, accountOf, podOf, namespaceOf, type ClusterStage } from './cluster-stage.ts';
import type { Seen } from '../measure.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
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
  'conflict-warned': (stage) =>
    stage.withSettings({ conflicts: 'warn' }, () =>
      both(
        stage,
        podOf('warned', {
          containers: [
            { name: 'app', image: 'app:1', env: [{ name: 'AWS_ACCESS_KEY_ID', value: 'AKIAEXAMPLEEXAMPLE00' }] },
            { name: 'b', image: 'b:1' },
          ],
        }),
      ),
    ),
  'default-role-not-named': (stage) =>
    stage.withSettings({ namespaceDefaultRole: true }, async () => {
      await stage.apply(namespaceOf('team', { 'rolechain.io/assume-role': ROLE }));
      await stage.apply(accountOf('own', undefined, { 'eks.amazonaws.com/role-arn': ROLE }, 'team'));
      return both(stage, podOf('own', { serviceAccountName: 'own' }, {}, 'team'));
    }),
  'default-role-off': async (stage) => {
    const said = await stage.apply(namespaceOf('off', { 'rolechain.io/assume-role': ROLE }));
    await stage.apply(accountOf('plain', undefined, {}, 'off'));
    return { ...(await both(stage, podOf('plain', { serviceAccountName: 'plain' }, {}, 'off'))), 'kubectl logs': said };
  },
  audit: (stage) => stage.withSettings({ mode: 'audit' }, () => both(stage, podOf('audited'))),
  slipped: async (stage) => {
    const { installed, apply } = stage;
    const bindings = ['rolechain-guard', 'rolechain-guard-opted-in'].map(
      (name) => `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/${name}`,
    );
    const before = await Promise.all(
      bindings.map(
        async (path) =>
          JSON.parse((await installed.api.get(path)).body) as { metadata: { name: string; labels: object } },
      ),
    );
    await installed.stopWebhook();
    for (const path of bindings) await installed.api.remove(path);
    try {
      let said = '';
      await until('the guard is gone', PATIENCE_MS, async () =>
        (said = await apply(podOf('slipped'))).includes('created'),
      );
      return {
        'kubectl apply': said,
        'rolechain explain pod': await stage.explain(podOf('slipped')),
        'rolechain status': await stage.rolechain('status', 'shop'),
      };
    } finally {
      for (const {
        metadata: { name, labels },
        ...rest
      } of before)
        await installed.api.post('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings', {
          ...rest,
          metadata: { name, labels },
        });
      await installed.startWebhook();
      await until('the guard is back', PATIENCE_MS, async () => {
        await installed.stopWebhook();
        const r = await apply(podOf('probe-guard'));
        await installed.startWebhook();
        return r.includes('NotInjected');
      });
    }
  },
};
