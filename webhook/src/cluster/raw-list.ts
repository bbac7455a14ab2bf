import {
  ApiException,
  createConfiguration,
  HttpMethod,
  ServerConfiguration,
  type KubeConfig,
} from '@kubernetes/client-node';

/** Of the audit log; client-node's own calls are kubernetes-javascript-client/…. */
const USER_AGENT = 'rolechain-webhook';

/** A page of a list as the API gives it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly metadata?: { continue?: string; resourceVersion?: string };
}
export type ListPage<T> = (request: { limit: number; continue?: string | undefined }) => Promise<Page<T>>;

/**
 * Pages of the collection at `path`, as plain JSON. The client's typed lists make an instance of each object with all of its
 * fields, managedFields too, which costs several times the processor and the memory (`bench accounts`). A page is
 * given up after `ms`. Rejects with an ApiException, whose `code` is the HTTP status, or with what broke the connection.
 */
export function rawList<T>(kubeConfig: KubeConfig, path: string, ms: number): ListPage<T> {
  const { baseServer, httpApi } = createConfiguration({
    baseServer: new ServerConfiguration(kubeConfig.getCurrentCluster()?.server ?? '', {}),
  });
  return async ({ limit, continue: token }) => {
    const request = baseServer.makeRequestContext(path, HttpMethod.GET);
    request.setQueryParam('limit', String(limit));
    if (token !== undefined) request.setQueryParam('continue', token);
    request.setHeaderParam('Accept', 'application/json');
    request.setHeaderParam('User-Agent', USER_AGENT);
    request.setSignal(AbortSignal.timeout(ms));
    await kubeConfig.applySecurityAuthentication(request);
    const { httpStatusCode, body } = await httpApi.send(request).toPromise();
    const text = await body.text();
    if (httpStatusCode !== 200) throw new ApiException(httpStatusCode, `list of ${path}`, undefined, {});
    return JSON.parse(text) as Page<T>;
  };
}
