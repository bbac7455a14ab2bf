/**
 * The pods that every row admits, in the form that the API's defaults give them. All ask for Vault's agent; its webhook
 * is not in every row.
 */
import { VAULT_ANNOTATIONS } from '../models/vault.ts';
import type { DraftPod } from '@rolechain/kit/pod.ts';

const image = 'registry.example/app:1';
const probes = {
  readinessProbe: { httpGet: { path: '/ready', port: 8080, scheme: 'HTTP' } },
  livenessProbe: { tcpSocket: { port: 8080 } },
  ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
};
/** The second variable needs the first one before it. */
const env = [
  { name: 'BUCKET', value: 'orders' },
  { name: 'URL', value: 's3://$(BUCKET)/in' },
];
const app = { name: 'app', image, env, ...probes };

function pod(name: string, annotations: Record<string, string>, spec: DraftPod['spec']): DraftPod {
  const metadata = { name, annotations: { ...VAULT_ANNOTATIONS, ...annotations } };
  return { metadata, spec: { serviceAccountName: 'orders', ...spec } };
}

/** One plain; one whose init container needs AWS too; one with a native sidecar of the user's own. */
export const PODS: readonly DraftPod[] = [
  // The second container keeps what the EKS webhook gives it.
  pod('plain', { 'rolechain.io/skip-containers': 'legacy' }, { containers: [app, { name: 'legacy', image }] }),
  pod(
    'with-init',
    // A list that the EKS webhook reads, behind an empty line and in quotes: ours must leave it in and add to it.
    { 'eks.amazonaws.com/skip-containers': '\n"other"', 'eks.amazonaws.com/token-expiration': '3600' },
    {
      initContainers: [{ name: 'migrate', image, env: [{ name: 'AWS_REGION', value: 'us-west-2' }] }],
      containers: [app, { name: 'other', image, env: [{ name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'legacy' }] }],
    },
  ),
  pod(
    'with-sidecar',
    // In which the EKS webhook reads nothing.
    { 'eks.amazonaws.com/skip-containers': 'seed"' },
    {
      initContainers: [
        {
          name: 'shipper',
          image,
          restartPolicy: 'Always',
          startupProbe: { httpGet: { path: '/up', port: 9000, scheme: 'HTTP' } },
          volumeMounts: [{ name: 'logs', mountPath: '/logs' }],
        },
        { name: 'seed', image },
      ],
      containers: [{ ...app, volumeMounts: [{ name: 'logs', mountPath: '/logs' }] }],
      volumes: [{ name: 'logs', emptyDir: {} }],
    },
  ),
];
