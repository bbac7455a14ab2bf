/**
 * Models of injectors that work on every container they find, the sidecar among them, written from what their sources do:
 * Azure's workload identity with its proxy (Azure/azure-workload-identity pkg/webhook/webhook.go) and Dapr (dapr/dapr
 * pkg/injector/patcher). Only for tests.
 */
import type { Draft, DraftContainer, DraftPod, EnvVar, VolumeMount } from '@rolechain/kit/pod.ts';
import { merge } from '@rolechain/kit/models/shared.ts';

/** Variables and a token into each container; a native proxy in front of all others, its set-up behind them. */
export function azureMutate(pod: DraftPod): DraftPod {
  const next = structuredClone(pod);
  const { spec } = next;
  const inits = spec.initContainers ?? [];
  const has = (name: string): boolean => inits.some((container) => container.name === name);
  const setup = has('azwi-proxy-init') ? [] : [{ name: 'azwi-proxy-init', image: 'azwi/proxy-init' }];
  const proxy = has('azwi-proxy') ? [] : [{ name: 'azwi-proxy', image: 'azwi/proxy', restartPolicy: 'Always' }];
  spec.initContainers = [...proxy, ...inits, ...setup].map(withAzure);
  spec.containers = spec.containers.map(withAzure);
  const sources = [{ serviceAccountToken: { audience: 'api://AzureADTokenExchange', path: 'azure-identity-token' } }];
  spec.volumes = merge(spec.volumes, [{ name: 'azure-identity-token', projected: { sources } }], 'name');
  return next;
}

function withAzure(container: DraftContainer): DraftContainer {
  const variables: Draft<EnvVar>[] = [
    { name: 'AZURE_CLIENT_ID', value: 'client' },
    { name: 'AZURE_FEDERATED_TOKEN_FILE', value: '/var/run/secrets/azure/tokens/azure-identity-token' },
  ];
  const mount: Draft<VolumeMount> = {
    name: 'azure-identity-token',
    mountPath: '/var/run/secrets/azure/tokens',
    readOnly: true,
  };
  return {
    ...container,
    env: [
      ...(container.env ?? []),
      ...variables.filter(({ name }) => !container.env?.some((one) => one.name === name)),
    ],
    volumeMounts: merge(container.volumeMounts, [mount], 'name'),
  };
}

/** Once: daprd behind the containers, and its ports in the environment of each of these. */
export function daprMutate(pod: DraftPod): DraftPod {
  if (pod.spec.containers.some(({ name }) => name === 'daprd')) return pod;
  const next = structuredClone(pod);
  const variables: Draft<EnvVar>[] = [
    { name: 'DAPR_HTTP_PORT', value: '3500' },
    { name: 'DAPR_GRPC_PORT', value: '50001' },
  ];
  for (const container of next.spec.containers) container.env = merge(container.env, variables, 'name');
  next.spec.containers.push({ name: 'daprd', image: 'daprd:1', args: ['/daprd'] });
  return next;
}
