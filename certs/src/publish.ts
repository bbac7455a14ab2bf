import { BACKDATED_MS, type WebhookConfigurationKind } from '@rolechain/shared';
import { CertificateError, describeFailure, isFinal, mayPass, statusOf } from './errors.ts';
import { API_RETRIES, retrying } from './retry.ts';
import { readCertificates } from './secret-facts.ts';

/** A mutating or validating webhook configuration, of which only these fields are looked at. */
export interface WebhookConfiguration {
  readonly metadata?: { readonly resourceVersion?: string; readonly managedFields?: readonly ManagedFields[] };
  readonly webhooks?: readonly {
    readonly name: string;
    /** `caBundle` is base64 of PEM. */
    readonly clientConfig?: { readonly caBundle?: string };
  }[];
}

/** Who wrote what, as the API keeps it (ManagedFieldsEntry). */
export interface ManagedFields {
  readonly manager?: string;
  readonly time?: Date | string;
}

/** An operation of JSON Patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'test' | 'add';
  readonly path: string;
  readonly value: string;
}

/** The configurations of one kind. Failures are thrown with the HTTP status as a numeric `code`. */
export interface WebhookConfigurationApi {
  readonly kind: WebhookConfigurationKind;
  /** Undefined when there is none of this name. */
  read(name: string): Promise<WebhookConfiguration | undefined>;
  /** By JSON Patch; a `test` that fails is a 422. `found`: what it was worked out from. */
  patch(name: string, operations: readonly PatchOperation[], found?: WebhookConfiguration): Promise<unknown>;
}

export interface PublishOptions {
  readonly api: WebhookConfigurationApi;
  readonly configurationName: string;
  /** Ends the retries. */
  readonly signal?: AbortSignal | undefined;
}

/** What becomes of valid CA certificates beside those that are published: `keep` is for a CA that follows another. */
export type Others = 'keep' | 'drop';

/** Throws CertificateError: WebhookConfigurationMissing, WebhookConfigurationForbidden (403), CertificatesUnavailable. */
export async function readConfiguration(options: PublishOptions): Promise<WebhookConfiguration> {
  const { api, configurationName, signal } = options;
  return retrying({ ...API_RETRIES, isFinal, signal }, async () => {
    const found = await asking(options, 'get', () => api.read(configurationName));
    if (found === undefined) throw missing(options);
    return found;
  });
}

/**
 * Makes `bundle` (PEM of the CA certificates that API servers shall trust) the caBundle of every webhook of the
 * configuration, which was read as `found`, and touches nothing else of it; whether there was anything to change. Throws as `readConfiguration`; an error that is
 * `passing` after a conflict and wherever else a second look has a chance.
 */
export async function publishCaBundle(
  found: WebhookConfiguration,
  { bundle, others = 'drop' }: { readonly bundle: string; readonly others?: Others },
  options: PublishOptions,
): Promise<boolean> {
  if (!bundle.includes('-----BEGIN CERTIFICATE-----') || bundle.includes('PRIVATE KEY-----')) {
    throw new CertificateError('CertificatesUnavailable', 'The bundle to publish is not PEM of certificates alone.');
  }
  const operations = bundlePatch(found, bundle, others);
  if (operations.length === 0) return false;
  await asking(options, 'patch', () => options.api.patch(options.configurationName, operations, found));
  return true;
}

/** The published bundle (PEM) of each webhook, empty where there is none. */
export function publishedBundles({ webhooks = [] }: WebhookConfiguration): string[] {
  return webhooks.map(({ clientConfig }) => decode(clientConfig?.caBundle) ?? '');
}

/**
 * The webhooks are addressed by their place in the list, so each write is guarded by a test of the name:
 * if somebody has put another webhook there meanwhile, the API server refuses the patch as a whole. The resourceVersion
 * keeps a replica that drops a CA from dropping one that another has just published.
 */
export function bundlePatch(
  { metadata, webhooks = [] }: WebhookConfiguration,
  bundle: string,
  others: Others = 'drop',
): PatchOperation[] {
  const operations = webhooks.flatMap(({ name, clientConfig }, i): PatchOperation[] => {
    const present = decode(clientConfig?.caBundle);
    if (present === bundle || (others === 'keep' && hasAll(present, bundle))) return [];
    const wanted = others === 'keep' ? bundle + othersOf(present, bundle).join('') : bundle;
    return [
      { op: 'test', path: `/webhooks/${i}/name`, value: name },
      { op: 'add', path: `/webhooks/${i}/clientConfig/caBundle`, value: Buffer.from(wanted).toString('base64') },
    ];
  });
  const version = metadata?.resourceVersion;
  if (operations.length === 0 || version === undefined) return operations;
  return [{ op: 'test', path: '/metadata/resourceVersion', value: version }, ...operations];
}

/**
 * Field managers of the configuration, ourselves aside, who wrote last in front. Who only took something away, as a replace
 * by a file without caBundle does, is there for what else it wrote: the API keeps no more.
 */
export function writersOf({ metadata }: WebhookConfiguration, ourselves: string): string[] {
  const written = (metadata?.managedFields ?? []).toSorted((a, b) => timeOf(b) - timeOf(a));
  const names = new Set(written.flatMap(({ manager }) => (manager === undefined ? [] : [manager.slice(0, 64)])));
  names.delete(ourselves);
  return [...names].slice(0, 5);
}

const timeOf = ({ time }: ManagedFields): number => (time === undefined ? 0 : new Date(time).getTime());

/** More than ever follow one another within the time of an overlap. */
const MOST_OTHERS = 4;

/** PEM of the CA certificates in a published bundle that aren't in ours, as our bundles have them. */
function othersOf(present: string | undefined, bundle: string): string[] {
  if (present === undefined) return [];
  // The clock of the replica that serves a leaf of it may be behind ours.
  const ended = new Date(Date.now() - BACKDATED_MS);
  const found = (readCertificates(present) ?? []).filter((ca) => ca.ca && ended < ca.validToDate);
  return [...new Set(found.map((ca) => ca.toString()))].filter((pem) => !bundle.includes(pem)).slice(0, MOST_OTHERS);
}

/** In whatever order: two replicas that keep each other's must not write in turns. */
function hasAll(present: string | undefined, bundle: string): boolean {
  const found = (readCertificates(present ?? '') ?? []).map((ca) => ca.toString()).join('');
  return (readCertificates(bundle) ?? []).every((ca) => found.includes(ca.toString()));
}

/** An empty caBundle is none: the API server then trusts its own system's roots. */
function decode(caBundle: string | undefined): string | undefined {
  return caBundle ? Buffer.from(caBundle, 'base64').toString('utf8') : undefined;
}

type Verb = 'get' | 'patch';

async function asking<T>(options: PublishOptions, verb: Verb, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw refusal(options, verb, error);
  }
}

function refusal(options: PublishOptions, verb: Verb, error: unknown): CertificateError {
  const status = statusOf(error);
  if (status === 404) return missing(options);
  const what = `${resourceOf(options)} "${options.configurationName}"`;
  const text = `The API server did not ${verb} ${what} (${describeFailure(error)}).`;
  if (status === 403) {
    const fix = `Grant ${verb} on ${what} by a ClusterRole (API group admissionregistration.k8s.io).`;
    return new CertificateError('WebhookConfigurationForbidden', `${text} ${fix}`);
  }
  const isFailedTest = verb === 'patch' && status === 422;
  return new CertificateError('CertificatesUnavailable', text, isFailedTest || mayPass(status));
}

function missing({ api, configurationName }: PublishOptions): CertificateError {
  const text = `There is no ${api.kind} "${configurationName}": apply the manifests, or correct the name in the settings.`;
  return new CertificateError('WebhookConfigurationMissing', text);
}

/** The resource as RBAC rules name it. */
function resourceOf({ api }: PublishOptions): string {
  return `${api.kind.toLowerCase()}s`;
}
