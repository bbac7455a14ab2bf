/** The flags of etcd and kube-apiserver, and the files in the cluster's folder that they name. */
import { generateKeyPair } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Whom kube-apiserver knows by a bearer token. */
export interface User {
  readonly user: string;
  readonly groups: readonly string[];
  readonly token: string;
}

/** The users' tokens, and the keys that ServiceAccount tokens are signed with. */
export async function writeSecrets(folder: string, users: readonly User[]): Promise<void> {
  const lines = users.map(({ user, groups, token }) => `${token},${user},${user},"${groups.join(',')}"\n`);
  await writeFile(join(folder, 'tokens.csv'), lines.join(''), { mode: 0o600 });
  // RSA and not EC, which would be made faster: EKS signs its tokens with RS256 too.
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  await writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}

/** Where kube-apiserver puts the certificate that it makes for itself, followed by its issuer's. */
export const servingCertificate = (folder: string) => join(folder, 'certs', 'apiserver.crt');

/** On Unix sockets in the folder: no port to collide on, and no other user of the machine gets in. */
export function etcdFlags(folder: string): string[] {
  const clients = etcdUrl(folder);
  const peers = `unix://${folder}/etcd-peer.sock`;
  return [
    '--name=test',
    `--data-dir=${folder}/etcd`,
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=test=${peers}`,
  ];
}

const etcdUrl = (folder: string) => `unix://${folder}/etcd.sock`;

export function kubeApiserverFlags(folder: string, address: string, port: number): string[] {
  return [
    `--etcd-servers=${etcdUrl(folder)}`,
    `--bind-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${folder}/certs`,
    `--token-auth-file=${folder}/tokens.csv`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${folder}/sa.pub`,
    `--service-account-signing-key-file=${folder}/sa.key`,
    // Named, or it looks for an interface with a default route, and a machine without network has none.
    `--advertise-address=${address}`,
    // Else it tries again and again to write an EndpointSlice of the loopback address, which is invalid.
    '--endpoint-reconciler-type=none',
  ];
}
