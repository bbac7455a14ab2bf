import type { CertificateTimes } from '@rolechain/shared';
import { makeAuthority, makeLeaf } from './authority.ts';
import { CertificateError, describeFailure, isFinal, mayPass, statusOf } from './errors.ts';
import type { Log } from './log.ts';
import { API_RETRIES, retrying } from './retry.ts';
import type { Write } from './rotation.ts';
import { readSecret, SECRET_KEYS, type CertificateData, type SecretContent } from './secret-facts.ts';

/** The common name of the CA, as people see it in `openssl x509`. */
const AUTHORITY_NAME = 'rolechain webhook CA';

/** A Secret as the API has it (values of `data` in base64), of which only these fields are looked at. */
export interface Secret {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly labels?: Record<string, string>;
  };
  readonly type?: string;
  readonly data?: Record<string, string>;
}

/**
 * One Secret at the API server. Failures are thrown with the HTTP status as a numeric `code`: 409 when
 * `create` meets an existing Secret and when `replace` meets another resourceVersion than that of `secret`.
 */
export interface SecretApi {
  /** Undefined when there is no such Secret. */
  read(): Promise<Secret | undefined>;
  create(secret: Secret): Promise<unknown>;
  replace(secret: Secret): Promise<unknown>;
}

export interface StoreOptions {
  readonly api: SecretApi;
  readonly namespace: string;
  readonly secretName: string;
  readonly dnsNames: readonly string[];
  readonly times: CertificateTimes;
  /** The wall clock. */
  readonly now: () => Date;
  readonly log: Log;
  /** Ends the retries. */
  readonly signal?: AbortSignal | undefined;
}

/** The Secret as it was read, if there is one. */
export interface Stored {
  readonly secret: Secret | undefined;
  readonly content: SecretContent | undefined;
}

/** Throws CertificateError: CertificateSecretForbidden (403), CertificatesUnavailable. */
export async function readStored(options: StoreOptions): Promise<Stored> {
  const { api, dnsNames, signal } = options;
  const secret = await retrying({ ...API_RETRIES, isFinal, signal }, () => asking(options, 'get', () => api.read()));
  return { secret, content: secret && readSecret(decode(secret), dnsNames) };
}

/**
 * Writes what `plan` asked for. Whichever replica writes first wins; the others' writes meet a 409, and they read again.
 *
 * Throws CertificateError: CertificateSecretForbidden (403), CertificateSecretUnwritable (another refusal),
 * CertificatesUnavailable; one that is `passing` after a conflict and wherever else a second look has a chance.
 */
export async function writeStored(write: Write, { secret, content }: Stored, options: StoreOptions): Promise<void> {
  const { api, dnsNames, log } = options;
  const data = await issue(write, content, options);
  // Other replicas will judge it by `plan`: what doesn't pass there must not be written, or they would
  // write over each other for ever.
  const { facts, serving } = readSecret(data, dnsNames);
  const unfit = [facts.signer, facts.leaf].find((one) => typeof one === 'string');
  if (unfit !== undefined) throw new CertificateError('CertificatesUnavailable', unsound(unfit));
  const wanted = secret === undefined ? newSecret(options, data) : changedSecret(secret, data);
  if (secret === undefined) await asking(options, 'create', () => api.create(wanted));
  else await asking(options, 'update', () => api.replace(wanted));
  const reason = 'reason' in write ? { reason: write.reason } : {};
  log.info({ ...place(options), ...reason, notAfter: serving?.notAfter }, `certificates: ${SAID[write.do]}`);
}

const SAID: Record<Write['do'], string> = {
  create: 'made',
  renewLeaf: 'leaf renewed',
  replace: 'CA and leaf replaced',
  addAuthority: 'a CA was added that will sign the next leaf',
  dropAuthorities: 'a former CA was removed',
};

export const place = ({ namespace, secretName }: Pick<StoreOptions, 'namespace' | 'secretName'>): object => ({
  secret: `${namespace}/${secretName}`,
});

/** What goes into the Secret: the CA's key goes nowhere else. */
async function issue(
  write: Write,
  content: SecretContent | undefined,
  { dnsNames, times, now: clock }: StoreOptions,
): Promise<Required<CertificateData>> {
  const now = clock();
  const { authority: present, serving } = content ?? {};
  const isSignedByPresent = write.do === 'renewLeaf' || write.do === 'dropAuthorities';
  const made = { now, commonName: AUTHORITY_NAME, lifetimeMs: times.authorityMs };
  const authority = isSignedByPresent ? unlessGone(present) : await makeAuthority(made);
  const kept = 'keep' in write ? write.keep.map(({ id }) => id) : [];
  const keepsLeaf = write.do === 'addAuthority' || write.do === 'dropAuthorities';
  const leaf = keepsLeaf ? unlessGone(serving) : await makeLeaf({ authority, dnsNames, now, lifetimeMs: times.leafMs });
  return {
    'tls.crt': leaf.certificate,
    'tls.key': leaf.key,
    'ca.crt': (isSignedByPresent ? kept : [authority.certificate, ...kept]).join(''),
    'ca.key': authority.key,
  };
}

/** `plan` asks for it only where it is there. */
function unlessGone<T>(found: T | undefined): T {
  if (found === undefined) throw new CertificateError('CertificatesUnavailable', 'The Secret has lost what it held.');
  return found;
}

const unsound = (reason: string): string =>
  `The certificate just made is not fit to be served (${reason}). ` +
  'Check that the DNS names in the settings are names of a Service.';

function newSecret({ namespace, secretName }: StoreOptions, data: Required<CertificateData>): Secret {
  return {
    metadata: { name: secretName, namespace, labels: { 'app.kubernetes.io/managed-by': 'rolechain' } },
    type: 'kubernetes.io/tls',
    data: encode(data),
  };
}

/** The type can't be changed, and an empty Secret that the manifests bring may be of another. */
function changedSecret(found: Secret, data: Required<CertificateData>): Secret {
  // Without it the API server would take the write unconditionally.
  if (!found.metadata?.resourceVersion) {
    throw new CertificateError('CertificatesUnavailable', 'The API server sent the Secret without a resourceVersion.');
  }
  return { ...found, data: { ...found.data, ...encode(data) } };
}

function encode(data: Required<CertificateData>): Record<string, string> {
  return Object.fromEntries(SECRET_KEYS.map((key) => [key, Buffer.from(data[key]).toString('base64')]));
}

function decode({ data = {} }: Secret): CertificateData {
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  return Object.fromEntries(SECRET_KEYS.map((key) => [key, text(key)]));
}

type Verb = 'get' | 'create' | 'update';

/** The client's errors end here: only what is known to be no secret goes on. */
async function asking<T>(options: StoreOptions, verb: Verb, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw refusal(options, verb, error);
  }
}

function refusal({ namespace, secretName }: StoreOptions, verb: Verb, error: unknown): CertificateError {
  const status = statusOf(error);
  const text = `The API server did not ${verb} secrets "${secretName}" in namespace "${namespace}" (${describeFailure(error)}).`;
  if (status === 403) {
    const fix = 'Grant the verb by a Role, or look for a quota or policy that forbids it.';
    return new CertificateError('CertificateSecretForbidden', `${text} ${fix}`);
  }
  if (verb === 'get' || status === undefined) {
    return new CertificateError('CertificatesUnavailable', text, mayPass(status));
  }
  const fix = 'Check that the namespace exists and that the Secret is not immutable; when deleted, it is made again.';
  return new CertificateError('CertificateSecretUnwritable', `${text} ${fix}`, mayPass(status));
}
