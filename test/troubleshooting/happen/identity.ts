/** Ways to be somebody else without a word: pods that were made all the same. */
import { ANNOTATIONS, FOREIGN_KEYS } from '@rolechain/shared';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { Seen } from '../measure.ts';
import type { Happenings } from '../run.ts';
import { withoutGuard } from './guard.ts';
import { NAMESPACE, ROLE, accountOf, namespaceOf, podOf, type ClusterStage } from './cluster-stage.ts';
import { rolledOut } from './rolled-out.ts';

const ASKS = { [ANNOTATIONS.assumeRole.key]: ROLE };
const app = { name: 'app', image: 'app:1' };

const applied = async ({ apply, explain }: ClusterStage, pod: KubeObject): Promise<Seen> => ({
  'kubectl apply': await apply(pod),
  'rolechain explain pod': await explain(pod),
});

const explained = async ({ apply, explain }: ClusterStage, pod: KubeObject): Promise<Seen> => {
  await apply(pod);
  return { 'rolechain explain pod': await explain(pod) };
};

const withStatus = async ({ explain, rolechain }: ClusterStage, pod: KubeObject): Promise<Seen> => ({
  'rolechain explain pod': await explain(pod),
  'rolechain status': await rolechain('status', pod.metadata.namespace ?? ''),
});

export const IDENTITY: Happenings<ClusterStage> = {
  'annotation-on-pod': async (stage) => {
    const pod = await rolledOut(stage, { name: 'on-pod', account: 'plain', ofPods: ASKS });
    return { 'rolechain explain pod': await stage.explain(pod) };
  },
  'annotation-on-deployment': async (stage) => {
    const pod = await rolledOut(stage, { name: 'on-deployment', account: 'plain', annotations: ASKS });
    return { 'rolechain explain pod': await stage.explain(pod) };
  },
  'pod-annotation-on-account': async ({ apply }) => ({
    'kubectl apply': await apply(accountOf('chooses', ROLE, { [ANNOTATIONS.containerRoles.key]: 'app=default' })),
  }),
  'annotation-among-labels': async (stage) => {
    const account = accountOf('labelled');
    const labels = { [ANNOTATIONS.assumeRole.key]: 'orders' };
    await stage.apply({ ...account, metadata: { ...account.metadata, labels } });
    return explained(stage, podOf('labelled', { serviceAccountName: 'labelled' }));
  },
  'prefix-mistyped': async (stage) => {
    await stage.apply(accountOf('prefix', undefined, { 'rolechains.io/assume-role': ROLE }));
    return explained(stage, podOf('prefix', { serviceAccountName: 'prefix' }));
  },
  'other-account': (stage) => explained(stage, podOf('by-default', { serviceAccountName: undefined })),
  'annotated-late': async (stage) => {
    const { apply, kubectl } = stage;
    const pod = podOf('late', { serviceAccountName: 'late' });
    await apply(accountOf('late'), pod);
    const told = ['get', 'pod', 'late', `--namespace=${NAMESPACE}`, '--output=jsonpath={.metadata.creationTimestamp}'];
    const made = Date.parse(await kubectl(told));
    await until('the second of the pod is over', PATIENCE_MS, () => Promise.resolve(Date.now() >= made + 1000));
    await apply(accountOf('late', ROLE));
    return withStatus(stage, pod);
  },
  'annotation-changed': async (stage) => {
    const pod = podOf('changed', { serviceAccountName: 'changed' });
    await stage.apply(accountOf('changed', ROLE), pod);
    await stage.apply(accountOf('changed', `${ROLE}-2`));
    return withStatus(stage, pod);
  },
  'opted-out': (stage) => explained(stage, podOf('opted-out', {}, { [ANNOTATIONS.inject.key]: 'false' })),
  'skip-listed': (stage) =>
    explained(
      stage,
      podOf(
        'skip-listed',
        { containers: [app, { ...app, name: 'exporter' }] },
        { [ANNOTATIONS.skipContainers.key]: 'app' },
      ),
    ),
  'no-default-role': async (stage) => {
    await stage.apply(accountOf('audit-only', `roles: {audit: {roleARN: "${ROLE}"}}`));
    return applied(stage, podOf('audit-only', { serviceAccountName: 'audit-only' }));
  },
  'container-unknown': (stage) =>
    applied(stage, podOf('unknown', { serviceAccountName: 'two' }, { [ANNOTATIONS.containerRoles.key]: 'web=audit' })),
  'namespace-left-out': async (stage) => {
    const pod = podOf('left-out', {}, {}, 'kube-system');
    await stage.apply(accountOf('orders', ROLE, {}, 'kube-system'), pod);
    return withStatus(stage, pod);
  },
  'flux-alias-off': async (stage) => {
    await stage.apply(accountOf('flux', undefined, { [FOREIGN_KEYS.fluxAssumeRole]: ROLE }));
    return explained(stage, podOf('flux', { serviceAccountName: 'flux' }));
  },
  'conflict-warned': (stage) =>
    stage.withSettings({ conflicts: 'warn' }, () => {
      const env = [{ name: 'AWS_ACCESS_KEY_ID', value: 'AKIAEXAMPLEEXAMPLE00' }];
      return applied(
        stage,
        podOf('warned', {
          containers: [
            { ...app, env },
            { ...app, name: 'exporter' },
          ],
        }),
      );
    }),
  'default-role-not-named': (stage) =>
    stage.withSettings({ namespaceDefaultRole: true }, async () => {
      const own = { [FOREIGN_KEYS.eksRoleARN]: 'arn:aws:iam::111111111111:role/base' };
      await stage.apply(namespaceOf('defaults', ASKS), accountOf('own', undefined, own, 'defaults'));
      return explained(stage, podOf('own', { serviceAccountName: 'own' }, {}, 'defaults'));
    }),
  'default-role-off': async (stage) => {
    await stage.apply(namespaceOf('no-defaults', ASKS), accountOf('plain', undefined, {}, 'no-defaults'));
    return explained(stage, podOf('plain', { serviceAccountName: 'plain' }, {}, 'no-defaults'));
  },
  slipped: async (stage) => {
    const { installed, apply } = stage;
    const pod = podOf('slipped');
    await installed.stopWebhook();
    try {
      return await withoutGuard(stage, async () => {
        await until('nothing refuses it', PATIENCE_MS, async () => (await apply(pod)).includes('created'));
        return withStatus(stage, pod);
      });
    } finally {
      await installed.startWebhook();
    }
  },
};
