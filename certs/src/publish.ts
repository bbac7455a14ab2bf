import { CertificateError, describeFailure, isFinal, mayPass, statusOf } from './errors.ts';
import { API_RETRIES, retrying } from './retry.ts';

/** A mutating or validating webhook configuration, of which only these fields are looked at. */
export interface WebhookConfiguration {
  readonly webhooks?: readonly {
    readonly name: string;
    /** `caBundle` is base64 of PEM. */
    readonly clientConfig?: { readonly caBundle?: string };
  }[];
}

export type WebhookConfigurationKind = 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration';

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
  /** By JSON Patch; a `test` that fails is a 422. */
  patch(name: string, operations: readonly PatchOperation[]): Promise<unknown>;
}

export interface PublishOptions {
  readonly api: WebhookConfigurationApi;
  readonly configurationName: string;
  /** PEM of the CA certificates that API servers shall trust. */
  readonly bundle: string;
  /** Ends the retries. */
  readonly signal?: AbortSignal;
}

type Options = Omit<PublishOptions, 'bundle'>;

/**
 * Makes `bundle` the caBundle of every webhook of the configuration, and touches nothing else of it.
 * Returns whether anything had to be changed.
 *
 * Throws CertificateError: WebhookConfigurationMissing, WebhookConfigurationForbidden (403),
 * CertificatesUnavailable (everything else).
 */
export async function publishCaBundle(options: PublishOptions): Promise<boolean> {
  const { api, configurationName, bundle, signal } = options;
  if (!bundle.includes('-----BEGIN CERTIFICATE-----') || bundle.includes('PRIVATE KEY-----')) {
    throw new CertificateError('CertificatesUnavailable', 'The bundle to publish is not PEM of certificates alone.');
  }
  return retrying({ ...API_RETRIES, isFinal, signal }, async () => {
    const operations = bundlePatch(await readConfiguration(options), bundle);
    if (operations.length === 0) return false;
    await asking(options, 'patch', () => api.patch(configurationName, operations));
    return true;
  });
}

/** The published bundles (PEM) by webhook name, undefined where there is none. Throws as `publishCaBundle`. */
export async function currentCaBundles(options: Options): Promise<Map<string, string | undefined>> {
  const { webhooks = [] } = await readConfiguration(options);
  return new Map(webhooks.map(({ name, clientConfig }) => [name, decode(clientConfig?.caBundle)]));
}

/**
 * The webhooks are addressed by their place in the list, so each write is guarded by a test of the name:
 * if somebody has put another webhook there meanwhile, the API server refuses the patch as a whole.
 */
export function bundlePatch({ webhooks = [] }: WebhookConfiguration, bundle: string): PatchOperation[] {
  const value = Buffer.from(bundle).toString('base64');
  return webhooks.flatMap(({ name, clientConfig }, i): PatchOperation[] =>
    decode(clientConfig?.caBundle) === bundle
      ? []
      : [
          { op: 'test', path: `/webhooks/${i}/name`, value: name },
          { op: 'add', path: `/webhooks/${i}/clientConfig/caBundle`, value },
        ],
  );
}

/** An empty caBundle is none: the API server then trusts its own system's roots. */
function decode(caBundle: string | undefined): string | undefined {
  return caBundle ? Buffer.from(caBundle, 'base64').toString('utf8') : undefined;
}

async function readConfiguration(options: Options): Promise<WebhookConfiguration> {
  const { api, configurationName } = options;
  const found = await asking(options, 'get', () => api.read(configurationName));
  if (found === undefined) throw missing(options);
  return found;
}

type Verb = 'get' | 'patch';

async function asking<T>(options: Options, verb: Verb, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw refusal(options, verb, error);
  }
}

function refusal(options: Options, verb: Verb, error: unknown): CertificateError {
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

function missing({ api, configurationName }: Options): CertificateError {
  const text = `There is no ${api.kind} "${configurationName}": apply the manifests, or correct the name in the settings.`;
  return new CertificateError('WebhookConfigurationMissing', text);
}

/** The resource as RBAC rules name it. */
function resourceOf({ api }: Options): string {
  return `${api.kind.toLowerCase()}s`;
}
