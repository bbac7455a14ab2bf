/** What the process is given: its environment, read once and checked as a whole. */
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ENV, formatProblems, parseSidecarConfig, problem, type Problem, type SidecarConfig } from '@rolechain/shared';
import type { PodFacts } from './plan.ts';
import { readProxyEnv, type ProxyEnv } from './proxy.ts';

export interface Inputs {
  readonly config: SidecarConfig;
  readonly pod: PodFacts;
  /** Address of the health port. */
  readonly podIP: string;
  readonly logLevel: string | undefined;
  /** Prefix of every path; empty in a pod. */
  readonly root: string;
  /** As the kubelet writes it into every container (KUBERNETES_SERVICE_HOST and _PORT); absent outside a pod. */
  readonly apiserver?: Apiserver;
  /** Where an egress proxy is asked for. */
  readonly proxyEnv?: ProxyEnv;
}

/** The apiserver's address. */
export interface Apiserver {
  readonly host: string;
  readonly port: string;
}

/** The inputs, or one line that names every field that is wrong. */
export type ReadInputs = { readonly inputs: Inputs } | { readonly invalid: string };

export function readInputs(env: Readonly<Record<string, string | undefined>>): ReadInputs {
  const podIP = filled(env[ENV.podIP]) ?? '127.0.0.1';
  const problems: Problem[] = [];
  if (isIP(podIP) === 0) problems.push(problem('FieldOutOfRange', ENV.podIP, 'takes an IP address'));
  const json = filled(env[ENV.config]);
  if (json === undefined) {
    return { invalid: formatProblems([...problems, problem('FieldMissing', ENV.config, 'is missing')]) };
  }
  const config = parseSidecarConfig(json);
  if (!config.ok) {
    problems.push(
      ...config.problems.map((p) => ({ ...p, path: p.path === '' ? ENV.config : `${ENV.config}.${p.path}` })),
    );
    return { invalid: formatProblems(problems) };
  }
  if (problems.length > 0) return { invalid: formatProblems(problems) };
  // Outside a pod there is no downward API; in one, the host name is the pod's name anyway, cut to 63 characters.
  const pod = { podName: filled(env[ENV.podName]) ?? hostname(), podIdentityLabel: env[ENV.podIdentityLabel] ?? '' };
  const apiserver = readApiserver(env);
  const proxyEnv = readProxyEnv(env);
  const optional = { ...(apiserver ? { apiserver } : {}), ...(proxyEnv ? { proxyEnv } : {}) };
  const common = { config: config.value, pod, podIP, logLevel: env[ENV.logLevel], root: env[ENV.root] ?? '' };
  return { inputs: { ...common, ...optional } };
}

function readApiserver(env: Readonly<Record<string, string | undefined>>): Apiserver | undefined {
  const [host, port] = [filled(env.KUBERNETES_SERVICE_HOST), filled(env.KUBERNETES_SERVICE_PORT)];
  return host === undefined || port === undefined ? undefined : { host, port };
}

/** The downward API gives an empty text for what a pod does not have. */
function filled(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/**
 * Takes what the SDK would read out of the process's environment. The configuration alone says who
 * the sidecar is; what a webhook that runs after ours adds here (EKS's own does) must not, and no
 * path may lead to the node's role. Nor are a home directory's files read: they could name another
 * endpoint.
 */
export function closeEnvironment(env: Record<string, string | undefined>): void {
  for (const name of Object.keys(env)) if (name.startsWith('AWS_')) Reflect.deleteProperty(env, name);
  env[ENV.metadataDisabled] = 'true';
  env.AWS_CONFIG_FILE = '/dev/null';
  env.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
}
