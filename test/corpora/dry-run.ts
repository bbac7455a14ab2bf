/** Many server-side dry runs, fast: client-node makes a connection a request, this keeps a few open. */
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../cluster/apiserver.ts';
import type { PodObject } from '@rolechain/kit/pod.ts';

/** What the apiserver makes of a pod. */
export type Answer =
  | { readonly accepted: true; readonly pod: V1Pod; readonly warnings: readonly string[] }
  | { readonly accepted: false; readonly status: number; readonly message: string };

export interface DryRuns {
  /** Creates the pod in its namespace with `dryRun=All`. Rejects only when there is no answer. */
  readonly create: (pod: PodObject) => Promise<Answer>;
  readonly close: () => void;
}

/** Enough to keep two processors busy; more only lengthens the queue before the webhook's time-out. */
const CONNECTIONS = 8;

export function makeDryRuns({ url, kubeConfig }: Cluster): DryRuns {
  const ca = Buffer.from(kubeConfig.getCurrentCluster()?.caData ?? '', 'base64');
  const agent = new Agent({ ca, keepAlive: true, maxSockets: CONNECTIONS });
  const headers = {
    authorization: `Bearer ${kubeConfig.getCurrentUser()?.token ?? ''}`,
    'content-type': 'application/json',
  };
  const post = (path: string, body: string): Promise<{ status: number; body: string; warnings: string[] }> =>
    new Promise((resolve, reject) => {
      const asked = request(url + path, { method: 'POST', agent, headers }, (response) => {
        const { statusCode = 0, headersDistinct } = response;
        // As `299 - "text"` (RFC 9111, section 5.5).
        const warnings = (headersDistinct.warning ?? []).map((value) => value.replace(/^299 - "|"$/g, ''));
        text(response).then((answer) => resolve({ status: statusCode, body: answer, warnings }), reject);
      });
      asked.on('error', reject).end(body);
    });
  return {
    create: async (pod) => {
      const path = `/api/v1/namespaces/${pod.metadata.namespace ?? 'default'}/pods?dryRun=All`;
      const { status, body, warnings } = await post(path, JSON.stringify(pod));
      if (status === 201) return { accepted: true, pod: withoutManagedFields(JSON.parse(body) as V1Pod), warnings };
      const { message = '' } = JSON.parse(body) as { message?: string };
      return { accepted: false, status, message };
    },
    close: () => agent.destroy(),
  };
}

/** They are as large as the pod, and thousands of pods are kept. */
function withoutManagedFields(pod: V1Pod): V1Pod {
  delete pod.metadata?.managedFields;
  return pod;
}
