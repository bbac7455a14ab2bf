/** Fixtures that the webhook's tests share. */
import jsonPatch from 'fast-json-patch';
import { ANNOTATIONS } from '@rolechain/shared';
import { decide, type Decision } from './decide.ts';
import { patch } from './patch.ts';
import type { ServiceAccount } from './roles.ts';
import type { DecideSettings } from './settings.ts';

export const TARGET = 'arn:aws:iam::222222222222:role/orders';

export const SETTINGS: DecideSettings = {
  region: 'eu-central-1',
  cluster: 'prod',
  sidecarImage: 'registry.example/rolechain-sidecar@sha256:0000',
  conflicts: 'refuse',
  meshContainers: ['istio-proxy'],
  environmentSource: { secretName: 'rolechain-environment', namespaces: ['lab'] },
  agentEndpoints: ['http://169.254.170.23/v1/credentials'],
};

/** An account whose annotation has this text. */
export function account(annotation: string | undefined = TARGET, others: Record<string, string> = {}): ServiceAccount {
  const ours = annotation === '' ? {} : { [ANNOTATIONS.assumeRole.key]: annotation };
  return { namespace: 'shop', name: 'orders', annotations: { ...ours, ...others } };
}

/** A pod of one plain container. */
export function plainPod(
  spec: Record<string, unknown> = {},
  annotations?: Record<string, string>,
): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'orders-', ...(annotations ? { annotations } : {}) },
    spec: { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'app:1' }], ...spec },
  };
}

/** Decision and resulting pod of one call. */
export function call<T>(
  pod: T,
  who: ServiceAccount | undefined = account(),
  settings: DecideSettings = SETTINGS,
  random: () => number = () => 0.5,
): { readonly decision: Decision; readonly pod: T } {
  const decision = decide(pod, who, settings);
  const result = jsonPatch.applyPatch(structuredClone(pod), patch(pod, decision, random), true).newDocument;
  return { decision, pod: result };
}
