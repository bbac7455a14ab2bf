/** The kubeconfig as kubectl would find it, read by client-node: its exec plugins, OIDC, certificates and proxies work. */
import type { KubeConfig } from '@kubernetes/client-node';
import { CodedError } from '@rolechain/shared';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the options of program.ts (CLUSTER_OPTIONS) and the environment say. */
export interface KubeconfigSource {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type ClientNode = typeof import('@kubernetes/client-node');

/** client-node takes 0.5 s to load: only commands that ask a cluster wait for it. */
export const loadClientNode = (): Promise<ClientNode> => import('@kubernetes/client-node');

/** --kubeconfig, KUBECONFIG, ~/.kube/config, or the pod's own account. Throws KubeconfigInvalid. */
export function readKubeconfig({ KubeConfig }: ClientNode, source: KubeconfigSource): KubeConfig {
  const merged = new KubeConfig();
  const paths = pathsOf(source);
  if (paths.length > 0) merge(merged, KubeConfig, paths);
  else if (source.env.KUBERNETES_SERVICE_HOST && existsSync(SERVICE_ACCOUNT_TOKEN)) merged.loadFromCluster();
  else throw new CodedError('KubeconfigInvalid', 'KUBECONFIG is not set, and ~/.kube/config is not there.');
  if (source.context !== undefined) merged.setCurrentContext(source.context);
  checkContext(merged, paths);
  return merged;
}

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

function pathsOf({ kubeconfig, env }: KubeconfigSource): string[] {
  if (kubeconfig !== undefined) return [kubeconfig];
  // As client-go: those of the list that aren't there are left out, unless none is (clientcmd, loader.go).
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) {
    const there = listed.filter((path) => existsSync(path));
    if (there.length === 0)
      throw new CodedError('KubeconfigInvalid', `KUBECONFIG names ${listed.join(', ')}: not there.`);
    return there;
  }
  const own = env.HOME === undefined ? undefined : join(env.HOME, '.kube', 'config');
  return own !== undefined && existsSync(own) ? [own] : [];
}

/**
 * The first file that names a cluster, user, context or the current context wins, as in client-go (clientcmd, loader.go). client-node's
 * own mergeConfig throws on a name that two files have, and lets the last file choose the context.
 */
function merge(into: KubeConfig, Maker: ClientNode['KubeConfig'], paths: readonly string[]): void {
  const read = paths.map((path) => {
    const config = new Maker();
    try {
      config.loadFromFile(path);
    } catch (error) {
      throw new CodedError('KubeconfigInvalid', `${path}: ${firstLine(error)}`, { cause: error });
    }
    return config;
  });
  const currentContext = read.map((config) => config.getCurrentContext()).find((name) => name) ?? '';
  into.loadFromOptions({
    // client-node refuses plain http, as that of `kubectl proxy`, unless the certificate that there is not is not checked.
    clusters: firstOfName(read.flatMap(({ clusters }) => clusters)).map((cluster) =>
      cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
    ),
    users: firstOfName(read.flatMap(({ users }) => users)),
    contexts: firstOfName(read.flatMap(({ contexts }) => contexts)),
    currentContext,
  });
}

function firstOfName<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...new Map([...items].reverse().map((item) => [item.name, item])).values()].reverse();
}

function checkContext(config: KubeConfig, paths: readonly string[]): void {
  const name = config.getCurrentContext();
  const where = paths.length > 0 ? paths.join(', ') : 'in the pod';
  const names = config.contexts.map((context) => context.name);
  const choice = names.length > 0 ? `It has: ${names.slice(0, 20).join(', ')}.` : 'It has no context.';
  if (!name) throw new CodedError('KubeconfigInvalid', `${where} names no current context. ${choice}`);
  const context = config.contexts.find((known) => known.name === name);
  if (!context) throw new CodedError('KubeconfigInvalid', `${where} has no context ${name}. ${choice}`);
  if (!config.getCurrentCluster()) {
    throw new CodedError(
      'KubeconfigInvalid',
      `${where}: context ${name} names a cluster that is not there: ${context.cluster}.`,
    );
  }
  if (context.user && !config.getCurrentUser()) {
    throw new CodedError(
      'KubeconfigInvalid',
      `${where}: context ${name} names a user that is not there: ${context.user}.`,
    );
  }
}

/** Of what a library threw, what fits into a sentence. */
export function firstLine(error: unknown): string {
  const { message } = (error ?? {}) as { readonly message?: unknown };
  const text = typeof message === 'string' ? message : String(error);
  const line = text.split('\n', 1)[0]?.trim().slice(0, 300) ?? '';
  return line === '' ? 'unknown error.' : line.endsWith('.') ? line : `${line}.`;
}
