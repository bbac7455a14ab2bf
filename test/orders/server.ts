/** The injectors as real webhooks: one HTTPS server on loopback, a path for each configuration. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { makeAuthority, makeLeaf } from '@rolechain/certs';
import { NEVER_FIRST } from '@rolechain/doubles/listen.ts';
import type { Injector } from '../models/injectors.ts';
import type { DraftPod } from '@rolechain/kit/pod.ts';
import { Refused } from '@rolechain/kit/models/shared.ts';

export interface InjectorServer {
  readonly port: number;
  /** PEM */
  readonly authority: string;
  /** The configurations that were called for a pod, in this order. */
  readonly calls: (namespace: string, pod: string) => readonly string[];
  readonly forget: () => void;
  readonly close: () => Promise<void>;
}

interface Review {
  readonly request: { readonly uid: string; readonly namespace: string; readonly object: DraftPod };
}

/** `/<configuration>` is answered by the injector of that configuration; the certificate is for `dnsName`. */
export async function startInjectors(
  dnsName: string,
  byConfiguration: ReadonlyMap<string, Injector>,
): Promise<InjectorServer> {
  const now = new Date();
  const authority = await makeAuthority({ now, commonName: 'injectors' });
  const leaf = await makeLeaf({ authority, dnsNames: [dnsName], now });
  const calls = new Map<string, string[]>();
  const server = createServer({ cert: leaf.certificate, key: leaf.key, ...NEVER_FIRST }, (incoming, response) => {
    const name = (incoming.url ?? '').split('?', 1)[0]?.slice(1) ?? '';
    const injector = byConfiguration.get(name);
    void json(incoming).then((body) => {
      const { request } = body as Review;
      const key = `${request.namespace}/${String(request.object.metadata.name)}`;
      calls.set(key, [...(calls.get(key) ?? []), name]);
      response.statusCode = injector ? 200 : 404;
      response.end(injector ? answer(request, injector) : '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    authority: authority.certificate,
    calls: (namespace, pod) => calls.get(`${namespace}/${pod}`) ?? [],
    forget: () => calls.clear(),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer({ uid, object }: Review['request'], injector: Injector): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, ...outcome(object, injector) },
  });
}

function outcome(pod: DraftPod, injector: Injector): object {
  try {
    const patch = Buffer.from(JSON.stringify(injector.patch(pod))).toString('base64');
    return { allowed: true, patchType: 'JSONPatch', patch };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { allowed: false, status: { message: error.message } };
  }
}
