import {
  AdmissionregistrationV1Api,
  CoreV1Api,
  Observable,
  V1Secret,
  type ConfigurationOptions,
  type KubeConfig,
  type ObservableMiddleware,
} from '@kubernetes/client-node';
import { statusOf } from './errors.ts';
import type { WebhookConfigurationKind } from '@rolechain/shared';
import type { WebhookConfiguration, WebhookConfigurationApi } from './publish.ts';
import type { Secret, SecretApi } from './store.ts';

/** For one call, in milliseconds. undici by itself waits 300 s for an answer; maintenance that hangs so long is as good as none. */
const DEADLINE_MS = 10_000;

/** Field manager, by which `managedFields` shows who wrote. */
export const FIELD_MANAGER = 'rolechain-webhook';
const fieldManager = FIELD_MANAGER;

/** The Secret `name` in `namespace`. Needs get, create (which RBAC can't tie to a name) and update on secrets. */
export function secretApi(
  kubeConfig: KubeConfig,
  namespace: string,
  name: string,
  deadlineMs = DEADLINE_MS,
): SecretApi {
  const api = kubeConfig.makeApiClient(CoreV1Api);
  return {
    read: () => orUndefined<Secret>(api.readNamespacedSecret({ namespace, name }, deadline(deadlineMs))),
    create: (secret) =>
      api.createNamespacedSecret({ namespace, body: instance(secret), fieldManager }, deadline(deadlineMs)),
    replace: (secret) =>
      api.replaceNamespacedSecret({ namespace, name, body: instance(secret), fieldManager }, deadline(deadlineMs)),
  };
}

const instance = (secret: Secret): V1Secret => Object.assign(new V1Secret(), secret);

/** The webhook configurations of one kind. Needs get and patch on them, which RBAC can tie to names. */
export function webhookConfigurationApi(
  kubeConfig: KubeConfig,
  kind: WebhookConfigurationKind,
  deadlineMs = DEADLINE_MS,
): WebhookConfigurationApi {
  const api = kubeConfig.makeApiClient(AdmissionregistrationV1Api);
  const calls =
    kind === 'MutatingWebhookConfiguration'
      ? ({ read: 'readMutatingWebhookConfiguration', patch: 'patchMutatingWebhookConfiguration' } as const)
      : ({ read: 'readValidatingWebhookConfiguration', patch: 'patchValidatingWebhookConfiguration' } as const);
  return {
    kind,
    read: (name) => orUndefined<WebhookConfiguration>(api[calls.read]({ name }, deadline(deadlineMs))),
    // JSON Patch is the content type that the client sends when none is set.
    patch: (name, operations) => api[calls.patch]({ name, body: operations, fieldManager }, deadline(deadlineMs)),
  };
}

async function orUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Options of one API call that is given up after `ms`; it then rejects with a TimeoutError. */
export function deadline(ms: number): ConfigurationOptions {
  const middleware: ObservableMiddleware = {
    pre: (request) => {
      request.setSignal(AbortSignal.timeout(ms));
      return new Observable(Promise.resolve(request));
    },
    post: (response) => new Observable(Promise.resolve(response)),
  };
  // Appended: the client's own middleware names us as its User-Agent.
  return { middleware: [middleware], middlewareMergeStrategy: 'append' };
}
