/** Ours and the Go peer as processes beside a real apiserver that has one annotated account and one without. */
import { readFileSync } from 'node:fs';
import { mkdtemp, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '@rolechain/test/cluster/apiserver.ts';
import { freePort } from '@rolechain/kit/free-port.ts';
import { spawnTied } from '@rolechain/kit/tied-process.ts';
import type { Api } from '@rolechain/test/guard/api.ts';
import { install } from '@rolechain/test/guard/installed.ts';
import { startWebhook } from '@rolechain/test/fixture/install.ts';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { until } from '@rolechain/kit/until.ts';
import { SERVER_NAME, testAuthority } from '@rolechain/webhook/testing/https.ts';

export interface Target {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  /** PEM file of the CA. */
  readonly caFile: string;
  readonly stop: () => Promise<void>;
}

/** The shipped bundle, as the manifests install it. */
export async function startOurs(cluster: Cluster): Promise<Target> {
  const installed = await install(cluster);
  const caFile = await caOfOurs(cluster, installed.api);
  const { pid } = installed.webhook().process;
  return { name: 'ours', pid, url: mutateURL(installed.port), caFile, stop: installed.stop };
}

/**
 * One more replica of ours that has answered nothing yet, where the manifests and the CA are there already; `bundle` is
 * another build of it.
 */
export async function startReplica(
  cluster: Cluster,
  { caFile }: Pick<Target, 'caFile'>,
  bundle?: string,
): Promise<Target> {
  const kubeconfig = await cluster.kubeconfigFor({ namespace: NAMESPACE, serviceAccount: 'rolechain-webhook' });
  const options = { port: await freePort(), kubeconfig, ...(bundle === undefined ? {} : { bundle }) };
  const { port, process, stop } = await startWebhook(options);
  return { name: bundle ?? 'ours', pid: process.pid, url: mutateURL(port), caFile, stop };
}

function mutateURL(port: number): string {
  return `https://127.0.0.1:${port}/mutate?timeout=2s`;
}

/** A file of the CA that our webhook made for itself. */
export async function caOfOurs(cluster: Cluster, api: Api): Promise<string> {
  const { body } = await api.get(`/api/v1/namespaces/${NAMESPACE}/secrets/rolechain-webhook-tls`);
  const { data } = JSON.parse(body) as { data: Readonly<Record<string, string>> };
  const caFile = join(cluster.folder, 'ours-ca.crt');
  await writeFile(caFile, Buffer.from(data['ca.crt'] ?? '', 'base64'));
  return caFile;
}

/** The peer, with the rights of the admin. */
export async function startPeer(cluster: Cluster, program: string): Promise<Target> {
  const certs = await mkdtemp(join(cluster.folder, 'peer-'));
  const authority = await testAuthority([SERVER_NAME]);
  const { key, certificate } = await authority.issue();
  const caFile = join(certs, 'ca.crt');
  await writeFile(caFile, authority.ca);
  await writeFile(join(certs, 'tls.crt'), certificate);
  await writeFile(join(certs, 'tls.key'), key, { mode: 0o600 });
  const [port, probe] = [await freePort(), await freePort()];
  const output = await open(join(certs, 'log'), 'a');
  const flags = ['-certs', certs, '-port', String(port), '-probe', String(probe)];
  const child = spawnTied(program, ['-kubeconfig', cluster.kubeconfigPath, ...flags], { env: {}, output: output.fd });
  const stop = async (): Promise<void> => {
    await child.kill();
    await output.close();
  };
  try {
    await until('the peer is ready', 60_000, async () => (await fetch(`http://127.0.0.1:${probe}/readyz`)).ok);
  } catch (error) {
    const tail = readFileSync(join(certs, 'log'), 'utf8').slice(-1000);
    await stop();
    throw new Error(`the Go peer did not become ready:\n${tail}`, { cause: error });
  }
  return { name: 'Go', pid: child.pid, url: `https://127.0.0.1:${port}/mutate`, caFile, stop };
}
