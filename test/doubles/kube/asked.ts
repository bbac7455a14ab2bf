/** A request to the Kubernetes API, as RBAC sees it. */
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  /** Undefined: no path of a resource, as /version. */
  readonly of: Attributes | undefined;
  readonly accept: string;
  readonly contentType: string;
  /** Empty where there is none. */
  readonly body: string;
  readonly authorization: string;
}

/** Names as in a rule of RBAC. */
export interface Attributes {
  readonly verb: string;
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  /** Undefined: of all namespaces, or of the cluster. */
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export async function readAsked(request: IncomingMessage): Promise<Asked> {
  const { method = '', headers } = request;
  const url = new URL(request.url ?? '/', 'https://kubernetes');
  const body = await text(request);
  return {
    ...{ method, url, body, of: attributesOf(method, url) },
    accept: headers.accept ?? '*/*',
    contentType: headers['content-type'] ?? '',
    authorization: headers.authorization ?? '',
  };
}

/** What stands in messages: method and path, with the query, since what was asked for may be in there. */
export function lineOf({ method, url }: Pick<Asked, 'method' | 'url'>): string {
  return `${method} ${url.pathname}${url.search}`;
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** k8s.io/apiserver pkg/endpoints/request/requestinfo.go, NewRequestInfo, for version v1. */
export function attributesOf(method: string, { pathname, searchParams }: URL): Attributes | undefined {
  const { group = '', rest } = /^\/(?:api|apis\/(?<group>[^/]+))\/v1\/(?<rest>.+)$/.exec(pathname)?.groups ?? {};
  if (rest === undefined) return undefined;
  const steps = rest.split('/').map(decodeURIComponent);
  // A Namespace is itself an object; what has a third step is within one.
  const within = steps[0] === 'namespaces' && steps.length > 2;
  const [resource = '', name, sub] = within ? steps.slice(2) : steps;
  const read = name !== undefined ? 'get' : searchParams.get('watch') === 'true' ? 'watch' : 'list';
  const [, selected] = /^metadata\.name=([^,=]+)$/.exec(searchParams.get('fieldSelector') ?? '') ?? [];
  return {
    verb: method === 'GET' ? read : (VERBS[method] ?? method.toLowerCase()),
    group,
    resource: sub === undefined ? resource : `${resource}/${sub}`,
    namespace: within ? steps[1] : undefined,
    name: name ?? selected,
  };
}
