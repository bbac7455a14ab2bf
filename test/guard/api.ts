/** The API by plain HTTP over connections that are kept: a pod asked for right after a write comes within a millisecond. */
import type { KubeConfig } from '@kubernetes/client-node';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Api {
  readonly send: (method: string, path: string, type?: string, body?: object) => Promise<Answer>;
  readonly get: (path: string) => Promise<Answer>;
  readonly post: (path: string, body: object) => Promise<Answer>;
  /** A JSON merge patch. */
  readonly patch: (path: string, body: object) => Promise<Answer>;
  /** Server-side apply, as a field manager that takes no field from another. */
  readonly apply: (path: string, body: object) => Promise<Answer>;
  readonly put: (path: string, body: object) => Promise<Answer>;
  readonly remove: (path: string) => Promise<Answer>;
  readonly close: () => void;
}

export async function openApi(kubeConfig: KubeConfig): Promise<Api> {
  const options = { headers: {} as Record<string, string> };
  await kubeConfig.applyToHTTPSOptions(options);
  const { ca } = options as RequestOptions;
  const agent = new Agent({ keepAlive: true, ...(ca && { ca }) });
  const send = async (method: string, path: string, type?: string, body?: object): Promise<Answer> => {
    const headers = { ...options.headers, ...(type === undefined ? {} : { 'content-type': type }) };
    const url = `${kubeConfig.getCurrentCluster()?.server ?? ''}${path}`;
    const asked = request(url, { ...options, agent, method, headers });
    asked.end(body && JSON.stringify(body));
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
  };
  return {
    send,
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, 'application/json', body),
    patch: (path, body) => send('PATCH', path, 'application/merge-patch+json', body),
    apply: (path, body) => send('PATCH', `${path}?fieldManager=applier`, 'application/apply-patch+yaml', body),
    put: (path, body) => send('PUT', path, 'application/json', body),
    remove: (path) => send('DELETE', path),
    close: () => agent.destroy(),
  };
}

/** How often the apiserver called a webhook in vain and went on: its own count, by the webhook's name. */
export async function failedOpen(api: Api, webhook: string): Promise<number> {
  const { body } = await api.get('/metrics');
  const line = new RegExp(`^apiserver_admission_webhook_fail_open_count\\{name="${webhook}"[^}]*\\} (\\S+)$`, 'm');
  return Number(line.exec(body)?.[1] ?? 0);
}
