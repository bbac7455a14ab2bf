/** Pods as users write them, and what becomes of them. */
import { SIDECAR } from '@rolechain/shared';
import type { Pod } from '@rolechain/kit/pod.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { refusalOf } from '../fixture/fixture.ts';
import type { Api } from './api.ts';

export interface Changes {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** One that Pod Security "restricted" accepts. */
export function pod(namespace: string, serviceAccountName: string, { annotations, spec }: Changes = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'pod-', namespace, ...(annotations && { annotations }) },
    spec: {
      serviceAccountName,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [container('app')],
      ...spec,
    },
  };
}

export function container(name: string): Record<string, unknown> {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  return { name, image: 'registry.example/app:1', securityContext };
}

export interface Result {
  readonly outcome: 'injected' | 'plain' | 'refused by the guard' | 'refused by the webhook';
  /** Of a refusal. */
  readonly message?: string;
  /** The pod's annotations as it was admitted. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** By its own words alone: an expression that fails refuses a pod too. */
const GUARD =
  /ValidatingAdmissionPolicy 'rolechain-guard(?:-default-role)?' with binding '[^']+' denied request: (rolechain: .*)$/s;

/**
 * Asks for the pod by server-side dry run, in which all of admission takes part; `made` makes it. Throws for any other
 * refusal.
 */
export async function outcomeOf(api: Api, object: KubeObject, how: 'dry run' | 'made' = 'dry run'): Promise<Result> {
  const query = how === 'dry run' ? '?dryRun=All' : '';
  const { status, body } = await api.post(`/api/v1/namespaces/${object.metadata.namespace}/pods${query}`, object);
  if (status === 201) {
    const { metadata, spec } = JSON.parse(body) as Pod;
    // Only the webhook gives it a configuration: a name alone is anybody's.
    const sidecar = spec.initContainers?.find(({ name, env }) => name === SIDECAR.name && env !== undefined);
    return { outcome: sidecar ? 'injected' : 'plain', annotations: metadata.annotations ?? {} };
  }
  const byWebhook = refusalOf({ body });
  if (byWebhook !== undefined) return { outcome: 'refused by the webhook', message: byWebhook };
  const byGuard = GUARD.exec((JSON.parse(body) as { message: string }).message)?.[1];
  if (status !== 422 || byGuard === undefined) throw new Error(`${status}: ${body}`);
  return { outcome: 'refused by the guard', message: byGuard };
}
