/**
 * A real etcd and kube-apiserver on loopback, as an ordinary user: no kubelet, no controllers, no scheduler.
 *
 * What controllers would do doesn't happen: no `default` ServiceAccount appears in a new namespace, a deleted
 * namespace stays Terminating, nothing is scheduled. ServiceAccount admission is on, as in a real cluster, so the
 * account of a Pod has to be created first.
 *
 * A webhook on this machine is reached through a Service of type ExternalName `localhost` and the port in the webhook
 * configuration: without `--enable-aggregator-routing`, kube-apiserver dials the external name, while the certificate
 * is still checked for `<service>.<namespace>.svc` (k8s.io/apiserver pkg/util/proxy/proxy.go, ResolveCluster).
 */
import type { KubeConfig } from '@kubernetes/client-node';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { etcdFlags, kubeApiserverFlags, servingCertificate, writeSecrets, type User } from './flags.ts';
import { hearCluster } from '../secrets/cluster.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { until } from '@rolechain/kit/until.ts';
import { serviceAccountKubeconfig, writeKubeconfig, type ServiceAccountRef } from './kubeconfig.ts';
import { spawnTied, type TiedProcess } from '@rolechain/kit/tied-process.ts';

export interface Cluster {
  /** `https://127.0.0.1:<port>`, or where `at` says. */
  readonly url: string;
  /** Its files: `certs/apiserver.crt`, `sa.key` and the logs among them. */
  readonly folder: string;
  /** Of a member of system:masters. */
  readonly kubeConfig: KubeConfig;
  /** The same in a file, for kubectl. */
  readonly kubeconfigPath: string;
  /** A file of one of the `users`. */
  kubeconfigOf(user: string): Promise<string>;
  /** A file whose user is the ServiceAccount, by a token of the TokenRequest API that lasts an hour. */
  kubeconfigFor(account: ServiceAccountRef): Promise<string>;
  /** The end of both logs. Empty once stopped. */
  logTail(): string;
  /** Freezes kube-apiserver: connections stay, nothing answers. */
  pauseApiserver(): void;
  resumeApiserver(): void;
  /** Ends both processes and removes their files. May be called again. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly binaries: Binaries;
  readonly log?: (line: string) => void;
  /** Further flags of kube-apiserver. */
  readonly apiserverArgs?: readonly string[];
  /** Where kube-apiserver listens. Default: a free port of 127.0.0.1. */
  readonly at?: { readonly address: string; readonly port: number };
  /** Users beside the admin, each with its groups. */
  readonly users?: Readonly<Record<string, readonly string[]>>;
}

const readyWithinMs = 120_000;

/** Starts an empty cluster and waits until it is ready: about 4 s. Throws with the end of the logs if it isn't. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { binaries, log, apiserverArgs = [] } = options;
  const started = Date.now();
  // mkdtemp makes it for this user alone: it holds keys and etcd's socket.
  const folder = await mkdtemp(join(tmpdir(), 'rolechain-cluster-'));
  const { address, port } = options.at ?? { address: '127.0.0.1', port: await freePort() };
  const groups = { admin: ['system:masters'], ...options.users };
  const users = Object.entries(groups).map(([user, of]) => ({ user, groups: of, token: newToken() }));
  const token = tokenOf(users, 'admin');
  await writeSecrets(folder, users);

  const etcd = start(folder, 'etcd', binaries.etcd, etcdFlags(folder));
  const flags = [...kubeApiserverFlags(folder, address, port), ...apiserverArgs];
  const apiserver = start(folder, 'kube-apiserver', binaries.kubeApiserver, flags);
  const logTail = () => [`${folder}/etcd.log`, `${folder}/kube-apiserver.log`].map(tailOf).join('');
  const stop = async () => {
    await Promise.all([apiserver.kill(), etcd.kill()]);
    await rm(folder, { recursive: true, force: true });
  };

  const url = `https://${address}:${port}`;
  try {
    const ended = Promise.race([
      etcd.ended.then((how) => `etcd has ended: ${how}`),
      apiserver.ended.then((how) => `kube-apiserver has ended: ${how}`),
    ]);
    await untilReady(folder, url, token, ended);
  } catch (error) {
    const tail = logTail();
    await stop();
    throw new Error(`the cluster isn't ready: ${(error as Error).message}\n${tail}`, { cause: error });
  }
  log?.(`etcd and kube-apiserver are ready on ${url} after ${Date.now() - started} ms`);

  const kubeconfigPath = join(folder, 'admin.kubeconfig');
  const certificateAuthority = await readFile(servingCertificate(folder));
  const kubeConfig = await writeKubeconfig(kubeconfigPath, { url, certificateAuthority, user: 'admin', token });
  return {
    url,
    folder,
    kubeConfig,
    kubeconfigPath,
    kubeconfigOf: async (user) => {
      const path = join(folder, `${user.replaceAll(':', '.')}.kubeconfig`);
      await writeKubeconfig(path, { url, certificateAuthority, user, token: tokenOf(users, user) });
      return path;
    },
    kubeconfigFor: (account) => serviceAccountKubeconfig(folder, kubeConfig, account),
    logTail,
    pauseApiserver: () => apiserver.signal('SIGSTOP'),
    resumeApiserver: () => apiserver.signal('SIGCONT'),
    stop: async () => {
      await hearCluster(kubeConfig);
      await stop();
    },
  };
}

const newToken = () => randomBytes(32).toString('base64url');

function tokenOf(users: readonly User[], name: string): string {
  const found = users.find(({ user }) => user === name);
  if (!found) throw new TypeError(`${name} is none of the cluster's users: name it in \`users\``);
  return found.token;
}

function start(folder: string, name: string, command: string, args: readonly string[]): TiedProcess {
  const output = openSync(join(folder, `${name}.log`), 'w', 0o600);
  // A nearly empty environment: kube-apiserver would take HTTPS_PROXY for its way to webhooks.
  const env = { PATH: process.env.PATH, HOME: folder };
  const started = spawnTied(command, args, { env, output, removeAfter: folder });
  closeSync(output);
  return started;
}

/** Waits until /readyz says so. Throws when a process has ended or the time is over. */
async function untilReady(folder: string, url: string, token: string, ended: Promise<string>): Promise<void> {
  let how: string | undefined;
  void ended.then((text) => (how = text));
  await until(
    '/readyz says so',
    readyWithinMs,
    () => isReady(folder, url, token),
    () => how,
  );
}

async function isReady(folder: string, url: string, token: string): Promise<boolean> {
  // kube-apiserver writes it as it starts.
  const ca = await readFile(servingCertificate(folder)).catch(() => undefined);
  if (!ca) return false;
  return new Promise((resolve) => {
    const options = { ca, headers: { authorization: `Bearer ${token}` }, agent: false, timeout: 5_000 };
    const asked = request(`${url}/readyz`, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

/** The last 8 KiB of a file; nothing when it isn't there. */
function tailOf(path: string): string {
  if (!existsSync(path)) return '';
  const file = openSync(path, 'r');
  const { size } = fstatSync(file);
  const buffer = Buffer.alloc(Math.min(size, 8192));
  readSync(file, buffer, 0, buffer.length, size - buffer.length);
  closeSync(file);
  return buffer.toString();
}
