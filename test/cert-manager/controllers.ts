/**
 * A stand-in for cert-manager's controllers, its CA injector and the kubelet's volume, none of which runs here: it does to the objects of the
 * API what they do, when the test says so. It reads Certificate and Issuer as they are written, and keeps to
 * `isCA`, `commonName`, `dnsNames`, `duration`, `usages`, `secretName`, `issuerRef` and `privateKey` (cert-manager v1.18: pkg/controller/certificates/issuing,
 * keymanager, pkg/controller/cainjector; kubernetes pkg/volume/util/atomic_writer.go).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { NAMESPACE } from '@rolechain/kit/namespace.ts';
import { isSecret } from '@rolechain/kit/record.ts';
import { changeWebhooks } from '../fixture/install.ts';
import type { Api } from '../guard/api.ts';

const INJECT = 'cert-manager.io/inject-ca-from';

interface Certificate {
  readonly isCA?: boolean;
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  readonly duration: string;
  readonly usages?: readonly string[];
  readonly secretName: string;
  readonly issuerRef: { readonly kind: string; readonly name: string };
  readonly privateKey: { readonly algorithm: string; readonly size: number; readonly rotationPolicy: string };
}
type Pair = Readonly<Record<'tls.crt' | 'tls.key' | 'ca.crt', string>>;

export interface CertManager {
  /** Issues the certificate of this name once more, with another key where it says so. */
  readonly issue: (name: string, key?: 'as it says' | 'another') => Promise<void>;
  /** Publishes the CA of the Certificate that the annotation of each configuration names. */
  readonly inject: () => Promise<void>;
  /** Where the kubelet mounts the leaf's Secret. */
  readonly folder: string;
  /** Brings what the Secret holds into the folder, or something else. */
  readonly mount: (other?: Partial<Pair>) => Promise<Pair>;
  readonly close: () => void;
}

export function openCertManager(api: Api, kubeConfig: KubeConfig): CertManager {
  const folder = mkdtempSync(join(tmpdir(), 'rolechain-cert-manager-'));
  const volume = join(folder, 'volume');
  mkdirSync(volume);
  const specOf = async <T>(resource: string, name: string): Promise<T> => {
    const { status, body } = await api.get(`/apis/cert-manager.io/v1/namespaces/${NAMESPACE}/${resource}/${name}`);
    if (status !== 200) throw new Error(body);
    return (JSON.parse(body) as { spec: T }).spec;
  };
  const secretPath = (name: string): string => `/api/v1/namespaces/${NAMESPACE}/secrets/${name}`;
  const readPair = async (name: string): Promise<Pair | undefined> => {
    const { status, body } = await api.get(secretPath(name));
    if (status === 404) return undefined;
    const { data } = JSON.parse(body) as { data: Record<string, string> };
    const entries = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
    return Object.fromEntries(entries) as Pair;
  };
  const issuerOf = async ({ issuerRef }: Certificate): Promise<Pair | undefined> => {
    const { ca } = await specOf<{ ca?: { secretName: string } }>('issuers', issuerRef.name);
    if (ca === undefined) return undefined;
    const found = await readPair(ca.secretName);
    if (!found) throw new Error(`the issuer ${issuerRef.name} has no Secret yet`);
    return found;
  };
  let versions = 0;
  return {
    folder: volume,
    issue: async (name, key = 'as it says') => {
      const spec = await specOf<Certificate>('certificates', name);
      const present = await readPair(spec.secretName);
      const isKept = key === 'as it says' && spec.privateKey.rotationPolicy === 'Never';
      const pair = make(folder, spec, await issuerOf(spec), isKept ? present?.['tls.key'] : undefined);
      const metadata = { name: spec.secretName, namespace: NAMESPACE };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', stringData: pair };
      const { status, body } = await api.apply(secretPath(spec.secretName), secret);
      if (status >= 300) throw new Error(body);
    },
    inject: async () => {
      const { body } = await api.get('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/rolechain');
      const { metadata } = JSON.parse(body) as { metadata: { annotations?: Record<string, string> } };
      const [namespace, name = ''] = (metadata.annotations?.[INJECT] ?? '').split('/');
      if (namespace !== NAMESPACE) throw new Error(`${INJECT} does not name a Certificate`);
      const { secretName } = await specOf<Certificate>('certificates', name);
      const bundle = (await readPair(secretName))?.['ca.crt'] ?? '';
      await changeWebhooks(kubeConfig, ({ clientConfig }) => {
        clientConfig.caBundle = Buffer.from(bundle).toString('base64');
      });
    },
    mount: async (other = {}) => {
      const { secretName } = await specOf<Certificate>('certificates', 'rolechain-webhook');
      const found = await readPair(secretName);
      if (!found) throw new Error('the Secret is not there: no pod starts');
      const pair = { ...found, ...other };
      swap(volume, pair, ++versions);
      return pair;
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}

/** The kubelet's atomic writer: a new folder, and the link turned to it in one step. */
function swap(volume: string, files: Pair, version: number): void {
  const before = readdirSync(volume).filter((name) => /^\.\.\d+$/.test(name));
  const name = `..${version}`;
  mkdirSync(join(volume, name));
  for (const [key, text] of Object.entries(files)) writeFileSync(join(volume, name, key), text);
  symlinkSync(name, join(volume, '..data_tmp'));
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
  for (const old of before) rmSync(join(volume, old), { recursive: true });
  if (version > 1) return;
  for (const key of Object.keys(files)) symlinkSync(join('..data', key), join(volume, key));
}

const USAGES: Readonly<Record<string, string>> = { 'digital signature': 'digitalSignature' };

/** By openssl, since the keys are of elliptic curves. */
function make(folder: string, spec: Certificate, issuer: Pair | undefined, kept: string | undefined): Pair {
  const { isCA = false, commonName, dnsNames = [], duration, usages = [], privateKey } = spec;
  if (privateKey.algorithm !== 'ECDSA' || privateKey.size !== 256) throw new Error('not a key that is made here');
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const key = isSecret(
    'private key',
    kept ?? openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'),
  );
  const has = (usage: string): boolean => usages.includes(usage);
  const config = [
    '[req]\ndistinguished_name=name\nprompt=no\n[name]',
    ...(commonName === undefined ? [] : [`CN=${commonName}`]),
    `[extensions]\nbasicConstraints=critical,CA:${isCA}\nsubjectKeyIdentifier=hash`,
    isCA
      ? 'keyUsage=critical,keyCertSign,digitalSignature'
      : `keyUsage=critical,${usages.flatMap((one) => USAGES[one] ?? []).join(',')}`,
    ...(has('server auth') ? ['extendedKeyUsage=serverAuth'] : []),
    ...(dnsNames.length > 0 ? [`subjectAltName=critical,${dnsNames.map((name) => `DNS:${name}`).join(',')}`] : []),
    ...(issuer ? ['authorityKeyIdentifier=keyid'] : []),
  ];
  writeFileSync(join(folder, 'config'), `${config.join('\n')}\n`);
  writeFileSync(join(folder, 'key'), key, { mode: 0o600 });
  const days = `${Math.round(Number(/^(\d+)h$/.exec(duration)?.[1]) / 24)}`;
  const signing: string[] = [];
  if (issuer) {
    writeFileSync(join(folder, 'ca'), issuer['tls.crt']);
    writeFileSync(join(folder, 'ca-key'), issuer['tls.key'], { mode: 0o600 });
    signing.push('-CA', 'ca', '-CAkey', 'ca-key');
  }
  const subject = commonName === undefined ? ['-subj', '/'] : [];
  const certificate = openssl(
    ...['req', '-x509', '-new', '-config', 'config', '-extensions', 'extensions', '-key', 'key', '-days', days],
    ...subject,
    ...signing,
  );
  return { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': issuer?.['tls.crt'] ?? certificate };
}
