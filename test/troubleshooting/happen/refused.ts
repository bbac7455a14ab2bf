/** Ways to be refused, on a real apiserver with the webhook behind it. */
import { LIMITS } from '@rolechain/shared';
import type { Happenings } from '../run.ts';
import type { Seen } from '../measure.ts';
import { ROLE, TWO_ROLES, accountOf, namespaceOf, podOf, type ClusterStage } from './cluster-stage.ts';

const app = { name: 'app', image: 'app:1' };
const exporter = { name: 'exporter', image: 'exporter:1' };
const withEnv = (...env: readonly object[]): object => ({ containers: [{ ...app, env }] });

/** A pod that kubectl applies, once what it needs is there. */
const refusedPod =
  (spec: object, annotations: Readonly<Record<string, string>> = {}) =>
  async ({ apply }: ClusterStage): Promise<Seen> => ({
    'kubectl apply': await apply(podOf('refused', spec, annotations)),
  });

export const REFUSED: Happenings<ClusterStage> = {
  'annotation-mistyped': async ({ apply }) => ({
    'kubectl apply': await apply(accountOf('mistyped', `roleArn: ${ROLE}`)),
  }),
  'arn-mistyped': async ({ apply }) => ({
    'kubectl apply': await apply(accountOf('mistyped', 'arn:aws:iam::22222222222:role/orders')),
  }),
  'key-mistyped': async ({ apply }) => ({
    'kubectl apply': await apply(accountOf('mistyped', undefined, { 'rolechain.io/asume-role': ROLE })),
  }),
  'pod-annotation-on-account': async ({ apply }) => ({
    'kubectl apply': await apply(accountOf('mistyped', ROLE, { 'rolechain.io/container-roles': 'app=default' })),
  }),
  'annotation-too-large': async ({ apply }) => ({
    'kubectl apply': await apply(
      accountOf('large', `roleARN: ${ROLE}\npolicy: '${' '.repeat(LIMITS.annotationBytes)}'`),
    ),
  }),
  'role-not-allowed': async ({ apply }) => {
    await apply(namespaceOf('narrow', { 'rolechain.io/allowed-roles': 'arn:aws:iam::111111111111:role/*' }));
    return { 'kubectl apply': await apply(accountOf('orders', ROLE, {}, 'narrow')) };
  },
  'container-mistyped': refusedPod({}, { 'rolechain.io/container-roles': 'ap=default' }),
  'role-undeclared': refusedPod({}, { 'rolechain.io/container-roles': 'app=audit' }),
  'static-keys': refusedPod(withEnv({ name: 'AWS_ACCESS_KEY_ID', value: 'AKIAEXAMPLEEXAMPLE00' })),
  'own-web-identity': refusedPod(
    withEnv({ name: 'AWS_ROLE_ARN', value: ROLE }, { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: '/var/run/token' }),
  ),
  'host-network': refusedPod({ hostNetwork: true }),
  windows: refusedPod({ os: { name: 'windows' } }),
  'shared-process-namespace': refusedPod(
    { serviceAccountName: 'two', shareProcessNamespace: true, containers: [app, exporter] },
    { 'rolechain.io/container-roles': 'app=default,exporter=audit' },
  ),
  'environment-forbidden': async ({ apply }) => ({
    'kubectl apply': await apply(accountOf('environment', `{roleARN: "${ROLE}", credentialSource: environment}`)),
  }),
  'limit-range': async ({ apply }) => {
    await apply(namespaceOf('limited'), accountOf('orders', ROLE, {}, 'limited'), {
      ...{ apiVersion: 'v1', kind: 'LimitRange' },
      metadata: { name: 'small', namespace: 'limited' },
      spec: { limits: [{ type: 'Container', max: { memory: '16Mi' } }] },
    });
    return { 'kubectl apply': await apply(podOf('refused', {}, {}, 'limited')) };
  },
  quota: async ({ apply }) => {
    await apply(namespaceOf('counted'), accountOf('orders', ROLE, {}, 'counted'), {
      ...{ apiVersion: 'v1', kind: 'ResourceQuota' },
      metadata: { name: 'small', namespace: 'counted' },
      spec: { hard: { 'requests.memory': '12Mi' } },
    });
    return {
      'kubectl apply': await apply(
        podOf('refused', { containers: [{ ...app, resources: { requests: { memory: '8Mi' } } }] }, {}, 'counted'),
      ),
    };
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
