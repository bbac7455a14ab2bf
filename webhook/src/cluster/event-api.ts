/** Writes events: events.k8s.io/v1, which `kubectl describe` and `kubectl get events` show like those of the core group. */
import { EventsV1Api, PatchStrategy, V1MicroTime, setHeaderOptions, type KubeConfig } from '@kubernetes/client-node';
import { deadline, statusOf } from '@rolechain/certs';
import { LIMITS } from '@rolechain/shared';
import type { EventApi } from '../telemetry/event-recorder.ts';
import { makeApi, readText } from './api.ts';

const WRITE_MS = 5000;

/** `instance`: which replica says so. A request is given up after `deadlineMs`. */
export function eventApi(kubeConfig: KubeConfig, instance: string, deadlineMs = WRITE_MS): EventApi {
  const events = kubeConfig.makeApiClient(EventsV1Api);
  const get = makeApi(kubeConfig);
  return {
    create: ({ name, regarding, action, reason, note, at }) =>
      events.createNamespacedEvent(
        {
          namespace: regarding.namespace,
          body: {
            metadata: { name, namespace: regarding.namespace },
            eventTime: microTime(at),
            reportingController: 'rolechain-webhook',
            reportingInstance: instance.slice(0, LIMITS.eventInstanceChars),
            ...{ regarding, action, reason, type: 'Warning', note },
          },
        },
        deadline(deadlineMs),
      ),
    repeat: (namespace, name, count, at) =>
      events.patchNamespacedEvent(
        { namespace, name, body: { series: { count, lastObservedTime: microTime(at) } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch, deadline(deadlineMs)),
      ),
    uidOf: async (namespace, serviceAccount) => {
      const path = ['api', 'v1', 'namespaces', namespace, 'serviceaccounts', serviceAccount];
      try {
        const signal = AbortSignal.timeout(deadlineMs);
        const text = await readText(await get({ path, kind: 'PartialObjectMetadata', signal }), LIMITS.objectBytes);
        return (JSON.parse(text ?? '{}') as { metadata?: { uid?: string } }).metadata?.uid;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
  };
}

const microTime = (at: Date): V1MicroTime => new V1MicroTime(at);
