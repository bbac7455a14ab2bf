/** A small mutating webhook that labels every Pod, and how kube-apiserver is told of it. */
import { AdmissionregistrationV1Api, CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { makeAuthority, makeLeaf } from '@rolechain/certs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { NEVER_FIRST } from '@rolechain/doubles/listen.ts';

export interface LabellingWebhook {
  readonly port: number;
  /** PEM */
  readonly authority: string;
  /** Paths and server names of the reviews that came in. */
  readonly calls: readonly { readonly path: string | undefined; readonly serverName: unknown }[];
  close(): Promise<void>;
}

export async function labellingWebhook(dnsName: string): Promise<LabellingWebhook> {
  const now = new Date();
  const authority = await makeAuthority({ now, commonName: 'webhook test' });
  const leaf = await makeLeaf({ authority, dnsNames: [dnsName], now });
  const calls: { path: string | undefined; serverName: unknown }[] = [];
  const server = createServer({ cert: leaf.certificate, key: leaf.key, ...NEVER_FIRST }, (incoming, response) => {
    calls.push({ path: incoming.url, serverName: (incoming.socket as { servername?: unknown }).servername });
    void json(incoming).then((review) => response.end(JSON.stringify(answer(review as Review))));
  });
  const port = await listen(server);
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { port, authority: authority.certificate, calls, close };
}

interface Review {
  readonly request: { readonly uid: string };
}

function answer({ request }: Review) {
  const patch = [{ op: 'add', path: '/metadata/labels', value: { seen: 'yes' } }];
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request.uid,
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The Service of type ExternalName `localhost`, and the configuration that sends the namespace's Pods to it. */
export async function register(admin: KubeConfig, namespace: string, name: string, webhook: LabellingWebhook) {
  const spec = { type: 'ExternalName', externalName: 'localhost' };
  await admin.makeApiClient(CoreV1Api).createNamespacedService({ namespace, body: { metadata: { name }, spec } });
  const service = { namespace, name, port: webhook.port, path: '/mutate' };
  await admin.makeApiClient(AdmissionregistrationV1Api).createMutatingWebhookConfiguration({
    body: {
      metadata: { name },
      webhooks: [
        {
          name: `${name}.example.com`,
          clientConfig: { service, caBundle: Buffer.from(webhook.authority).toString('base64') },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    },
  });
}
