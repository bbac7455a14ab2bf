/** Kubeconfig files, as JSON, which is YAML too. */
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSecret } from '@rolechain/kit/record.ts';

export interface Access {
  readonly url: string;
  /** PEM */
  readonly certificateAuthority: Buffer;
  readonly user: string;
  readonly token: string;
}

export interface ServiceAccountRef {
  readonly namespace: string;
  readonly serviceAccount: string;
}

export async function writeKubeconfig(path: string, access: Access): Promise<KubeConfig> {
  const { url, certificateAuthority, user, token } = access;
  isSecret('ServiceAccount token', token);
  const cluster = { server: url, 'certificate-authority-data': certificateAuthority.toString('base64') };
  const document = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: user, context: { cluster: 'test', user } }],
    'current-context': user,
  });
  await writeFile(path, document, { mode: 0o600 });
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(document);
  return kubeConfig;
}

/** Asks for a token of the account with the admin's rights and writes a kubeconfig with it; returns its path. */
export async function serviceAccountKubeconfig(
  folder: string,
  admin: KubeConfig,
  { namespace, serviceAccount }: ServiceAccountRef,
): Promise<string> {
  const tokens = admin.makeApiClient(CoreV1Api);
  const body = { spec: { audiences: [], expirationSeconds: 3600 } };
  const { status } = await tokens.createNamespacedServiceAccountToken({ namespace, name: serviceAccount, body });
  const { server, caData } = admin.getCurrentCluster() ?? {};
  const token = status?.token;
  if (!token || !server || !caData) throw new Error('kube-apiserver answered a TokenRequest without a token');
  const user = `${namespace}.${serviceAccount}`;
  const path = join(folder, `${user}.kubeconfig`);
  await writeKubeconfig(path, {
    url: server,
    certificateAuthority: Buffer.from(caData, 'base64'),
    user,
    token,
  });
  return path;
}
