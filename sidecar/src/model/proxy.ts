/**
 * The egress proxy, as Node itself reads it (NODE_USE_ENV_PROXY, nodejs.org/api/cli.html). Node then gives
 * its global agents a proxy; ours are told one by one, so that only the calls of STS go through it.
 */

/** The variables that an Agent of Node takes as `proxyEnv`. */
export type ProxyEnv = Readonly<Record<string, string>>;

const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'] as const;
/** What is on the node itself is never behind a proxy. */
const DIRECT = ['127.0.0.1', 'localhost', '::1', '169.254.170.23', 'fd00:ec2::23'];

/** The variables, where NODE_USE_ENV_PROXY is 1 and one of them names a proxy. Pure. */
export function readProxyEnv(env: Readonly<Record<string, string | undefined>>): ProxyEnv | undefined {
  if (env.NODE_USE_ENV_PROXY !== '1') return undefined;
  const proxies = NAMES.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  if (proxies.length === 0) return undefined;
  // Node reads the small letters first.
  const excepted = env.no_proxy ?? env.NO_PROXY ?? '';
  const no = [...excepted.split(','), ...DIRECT].map((entry) => entry.trim()).filter((entry) => entry !== '');
  return { ...Object.fromEntries(proxies), no_proxy: no.join(','), NO_PROXY: no.join(',') };
}
