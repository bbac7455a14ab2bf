/** Fixtures that the webhook's tests share. */
import jsonPatch from 'fast-json-patch';
import type { DraftPod } from '@rolechain/kit/pod.ts';
import { ANNOTATIONS, EKS, LIMITS } from '@rolechain/shared';
import { decide } from '../policy/decide-pod.ts';
import type { Decision } from '../policy/decision.ts';
import { patch, type RandomSource } from '../patch/patch.ts';
import type { ServiceAccount } from '../objects/service-account.ts';
import type { DecideSettings } from '../settings/settings.ts';
import type { AdmissionContext } from '../policy/decide-service-account.ts';

export const TARGET = 'arn:aws:iam::222222222222:role/orders';

export const SETTINGS: DecideSettings = {
  region: 'eu-central-1',
  eks: EKS,
  cluster: 'prod',
  sidecarImage: 'registry.example/rolechain-sidecar@sha256:0000',
  imagePullSecrets: [],
  conflicts: 'refuse',
  meshContainers: ['istio-proxy'],
  environmentSource: { secretName: 'rolechain-environment', namespaces: ['lab'] },
  otherServiceAccounts: false,
  fluxAlias: false,
  namespaceDefaultRole: false,
  useDualstackEndpoint: false,
  containersUseDualstackEndpoint: false,
  useFIPSEndpoint: false,
  declareMetricsPort: false,
  loopbackNoProxy: false,
  veleroExclude: true,
  sidecarEnvironment: {},
  allowedRolesPolicy: 'optional',
  allowedServiceAccounts: [{ namespace: '*', name: '*' }],
  credentialSources: ['pod-identity', 'irsa', 'environment'],
  maxSessionDuration: LIMITS.durationMaxSeconds,
  defaultTags: {},
  forcedTags: {},
  sidecarUser: 'fixed',
  startup: 'proceed',
  readiness: 'none',
  agentEndpoints: ['http://169.254.170.23/v1/credentials'],
};

/** An account whose annotation has this text. */
export function account(annotation: string | undefined = TARGET, others: Record<string, string> = {}): ServiceAccount {
  const ours = annotation === '' ? {} : { [ANNOTATIONS.assumeRole.key]: annotation };
  return { namespace: 'shop', name: 'orders', annotations: { ...ours, ...others } };
}

/** A pod of one plain container. */
export function plainPod(spec: Record<string, unknown> = {}, annotations?: Record<string, string>): DraftPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'orders-', ...(annotations ? { annotations } : {}) },
    spec: { serviceAccountName: 'orders', containers: [{ name: 'app', image: 'app:1' }], ...spec },
  };
}

/** Chance without surprise; `random` may come from a property test. */
export function randomSource(random: () => number = () => 0.5): RandomSource {
  return { random, randomToken: () => Buffer.alloc(32, Math.floor(random() * 256)).toString('base64url') };
}

/** Decision and resulting pod of one call. */
export function call<T>(
  pod: T,
  who: ServiceAccount | undefined = account(),
  settings: DecideSettings = SETTINGS,
  random: () => number = () => 0.5,
  context: AdmissionContext = { others: new Map(), allowedRoles: undefined },
): { readonly decision: Decision; readonly pod: T } {
  const decision = decide(pod, who, settings, context);
  const result = jsonPatch.applyPatch(
    structuredClone(pod),
    patch(pod, decision, randomSource(random)),
    true,
  ).newDocument;
  return { decision, pod: result };
}
