/** Ways to be refused, on a real apiserver with the webhook behind it. */
import { ANNOTATIONS, LIMITS } from '@rolechain/shared';
import type { Happenings } from '../run.ts';
import type { Seen } from '../measure.ts';
import { ROLE, accountOf, namespaceOf, podOf, type ClusterStage } from './cluster-stage.ts';

const app = { name: 'app', image: 'app:1' };
const exporter = { name: 'exporter', image: 'exporter:1' };
const withEnv = (...env: readonly object[]): object => ({ containers: [{ ...app, env }] });

/** A pod that kubectl applies. */
const pod =
  (spec: object, annotations: Readonly<Record<string, string>> = {}) =>
  async ({ apply }: ClusterStage): Promise<Seen> => ({
    'kubectl apply': await apply(podOf('refused', spec, annotations)),
  });

/** A ServiceAccount that kubectl applies. */
const account =
  (annotation: string | undefined, more: Readonly<Record<string, string>> = {}) =>
  async ({ apply }: ClusterStage): Promise<Seen> => ({
    'kubectl apply': await apply(accountOf('refused', annotation, more)),
  });

export const REFUSED: Happenings<ClusterStage> = {
  'annotation-mistyped': account(`roleArn: ${ROLE}`),
  'arn-mistyped': account('arn:aws:iam::22222222222:role/orders'),
  'key-mistyped': account(undefined, { 'rolechain.io/asume-role': ROLE }),
  'annotation-too-large': account(`roleARN: ${ROLE}\npolicy: '${' '.repeat(LIMITS.annotationBytes)}'`),
  'environment-forbidden': account(`{roleARN: "${ROLE}", credentialSource: environment}`),
  'role-not-allowed': async ({ apply }) => {
    await apply(namespaceOf('narrow', { [ANNOTATIONS.allowedRoles.key]: 'arn:aws:iam::111111111111:role/*' }));
    return { 'kubectl apply': await apply(accountOf('orders', ROLE, {}, 'narrow')) };
  },
  'container-mistyped': pod({}, { [ANNOTATIONS.containerRoles.key]: 'ap=default' }),
  'role-undeclared': pod({}, { [ANNOTATIONS.containerRoles.key]: 'app=audit' }),
  'static-keys': pod(withEnv({ name: 'AWS_ACCESS_KEY_ID', value: 'AKIAEXAMPLEEXAMPLE00' })),
  'own-web-identity': pod(
    withEnv({ name: 'AWS_ROLE_ARN', value: ROLE }, { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/var/run/token' }),
  ),
  'host-network': pod({ hostNetwork: true }),
  windows: pod({ os: { name: 'windows' } }),
  'shared-process-namespace': pod(
    { serviceAccountName: 'two', shareProcessNamespace: true, containers: [app, exporter] },
    { [ANNOTATIONS.containerRoles.key]: 'app=default,exporter=audit' },
  ),
  'limit-range': async ({ apply }) => {
    await apply(namespaceOf('limited'), accountOf('orders', ROLE, {}, 'limited'), {
      ...{ apiVersion: 'v1', kind: 'LimitRange' },
      metadata: { name: 'small', namespace: 'limited' },
      spec: { limits: [{ type: 'Container', max: { memory: '16Mi' } }] },
    });
    return { 'kubectl apply': await apply(podOf('refused', {}, {}, 'limited')) };
  },
  'webhook-down': async ({ installed, apply }) => {
    await installed.stopWebhook();
    try {
      return { 'kubectl apply': await apply(podOf('refused')) };
    } finally {
      await installed.startWebhook();
    }
  },
};
