import { makeAuthority, makeLeaf } from './authority.ts';
import { CertificateError, describeFailure, isFinal, mayPass, statusOf } from './errors.ts';
import type { Log } from './log.ts';
import { API_RETRIES, retrying } from './retry.ts';
import { plan, SECRET_KEYS, type Action, type CertificateData, type Certificates } from './rotation.ts';

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

export interface EnsureOptions {
  readonly api: SecretApi;
  readonly namespace: string;
  readonly secretName: string;
  readonly dnsNames: readonly string[];
  readonly now: () => Date;
  readonly log: Log;
  /** Ends the retries. */
  readonly signal?: AbortSignal;
}

/**
 * The certificates that all replicas serve: those of the Secret, which is made, or renewed, if need be
 * (see `plan`). Whichever replica writes first wins; the others' writes meet a 409, and they read again.
 *
 * If a renewal can't be written, what the Secret holds is served as long as it is valid. Otherwise throws
 * CertificateError: CertificateSecretForbidden (403), CertificateSecretUnwritable (another refusal),
 * CertificatesUnavailable (the API server could not be asked).
 */
export async function ensureCertificates(options: EnsureOptions): Promise<Certificates> {
  const { api, now, dnsNames, log, signal } = options;
  let standing: Certificates | undefined;
  const step = async (): Promise<Certificates> => {
    const secret = await asking(options, 'get', () => api.read());
    const action = plan(secret && decode(secret), now(), dnsNames);
    if (action.do === 'serve') return action.serving;
    standing = action.do === 'create' ? undefined : action.standing;
    const issued = await issue(action, options);
    const wanted = secret === undefined ? newSecret(options, issued) : changedSecret(secret, issued);
    if (secret === undefined) await asking(options, 'create', () => api.create(wanted));
    else await asking(options, 'update', () => api.replace(wanted));
    log.info(
      { ...place(options), ...reasonOf(action), notAfter: issued.serving.notAfter },
      `certificates: ${SAID[action.do]}`,
    );
    return issued.serving;
  };
  try {
    return await retrying({ ...API_RETRIES, isFinal, signal }, step);
  } catch (error) {
    if (standing === undefined || !(error instanceof CertificateError)) throw error;
    const fields = { ...place(options), code: error.code, notAfter: standing.notAfter };
    log.warn(fields, `certificates: could not be renewed, the present ones are served on: ${error.message}`);
    return standing;
  }
}

const SAID = { create: 'made', renewLeaf: 'leaf renewed', replace: 'CA and leaf replaced' } as const;

const reasonOf = (action: Action): { reason?: string } => ('reason' in action ? { reason: action.reason } : {});

const place = ({ namespace, secretName }: EnsureOptions): object => ({ secret: `${namespace}/${secretName}` });

/** What is served, and what goes into the Secret: the CA's key goes nowhere else. */
interface Issued {
  readonly serving: Certificates;
  readonly data: Required<CertificateData>;
}

async function issue(action: Exclude<Action, { do: 'serve' }>, options: EnsureOptions): Promise<Issued> {
  const now = options.now();
  const isRenewal = action.do === 'renewLeaf';
  const authority = isRenewal ? action.authority : await makeAuthority({ now, commonName: AUTHORITY_NAME });
  const leaf = await makeLeaf({ authority, dnsNames: options.dnsNames, now });
  const data = {
    'tls.crt': leaf.certificate,
    'tls.key': leaf.key,
    'ca.crt': isRenewal ? action.bundle : authority.certificate,
    'ca.key': authority.key,
  };
  // Other replicas will judge it by `plan`: what doesn't pass there must not be written, or they would
  // write over each other for ever.
  const judged = plan(data, now, options.dnsNames);
  if (judged.do !== 'serve') throw new CertificateError('CertificatesUnavailable', unsound(judged));
  return { serving: judged.serving, data };
}

const unsound = (judged: Action): string =>
  `The certificate just made is not fit to be served (${reasonOf(judged).reason ?? judged.do}). ` +
  'Check that the DNS names in the settings are names of a Service.';

function newSecret({ namespace, secretName }: EnsureOptions, { data }: Issued): Secret {
  return {
    metadata: { name: secretName, namespace, labels: { 'app.kubernetes.io/managed-by': 'rolechain' } },
    type: 'kubernetes.io/tls',
    data: encode(data),
  };
}

/** The type can't be changed, and an empty Secret that the manifests bring may be of another. */
function changedSecret(found: Secret, { data }: Issued): Secret {
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
async function asking<T>(options: EnsureOptions, verb: Verb, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw refusal(options, verb, error);
  }
}

function refusal({ namespace, secretName }: EnsureOptions, verb: Verb, error: unknown): CertificateError {
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
