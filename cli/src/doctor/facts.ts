/** Reads what the checks look at. Of Secrets only the public part of the webhook's own certificate, and that one Secret alone. */
import { parseSettings, type Settings } from '@rolechain/webhook';
import { GUARD_BINDINGS, INSTALLED, LIMITS, PATHS, PORTS, type Result } from '@rolechain/shared';
import type { Cluster } from '../cluster/client.ts';
import { forbidden, messageOf, rightOf, userOf } from '../cluster/refused.ts';
import { at, listAt, textAt } from '../objects/fields.ts';
import { factOf, type Fact } from './check.ts';
import { WEBHOOK_RIGHTS, type Lacking } from './rights.ts';

const ADMISSION = '/apis/admissionregistration.k8s.io/v1';

/** PEM texts, of no key. */
export interface PublicCertificates {
  readonly certificate: string;
  readonly authority: string;
}

/** What a dry run of a ServiceAccount with an invalid annotation came to. */
export type Probe =
  | { readonly is: 'refused' | 'warned' }
  | { readonly is: 'unnoticed' }
  | { readonly is: 'other'; readonly text: string };

/** What one webhook pod answers on its port of health. */
export interface PodHealth {
  readonly pod: string;
  readonly ready: string | undefined;
  readonly hasMetrics: boolean;
  /** Why it was not asked. */
  readonly obstacle?: string;
}

export interface Facts {
  readonly installedIn: string;
  readonly now: Date;
  readonly serverVersion: string;
  readonly mutating: Fact<unknown>;
  readonly validating: Fact<unknown>;
  readonly allMutating: Fact<readonly unknown[]>;
  readonly deployment: Fact<unknown>;
  readonly service: Fact<unknown>;
  readonly slices: Fact<readonly unknown[]>;
  readonly budget: Fact<unknown>;
  readonly settings: Fact<Result<Settings>>;
  readonly certificates: Fact<PublicCertificates>;
  readonly policies: Readonly<Record<string, Fact<unknown>>>;
  readonly bindings: Readonly<Record<string, Fact<unknown>>>;
  readonly lacking: Fact<readonly Lacking[]>;
  readonly optedIn: Fact<readonly string[]>;
  readonly probe: Fact<Probe>;
  readonly health: Fact<readonly PodHealth[]>;
}

export const POLICIES = ['rolechain-guard', 'rolechain-guard-default-role'] as const;

export async function readFacts(cluster: Cluster, now: Date): Promise<Facts> {
  const find = (path: string): Promise<Fact<unknown>> => factOf(() => cluster.find(path));
  const list = (path: string, query = {}): Promise<Fact<readonly unknown[]>> =>
    factOf(() => cluster.list(path, (item) => item, query));
  const version = await cluster.get('/version');
  const mutating = await find(`${ADMISSION}/mutatingwebhookconfigurations/${INSTALLED.configuration}`);
  const installedIn = namespaceOf(mutating);
  const own = (api: string, rest: string): string => `${api}/namespaces/${encodeURIComponent(installedIn)}/${rest}`;
  const settings = await factOf(async () =>
    settingsOf(await cluster.find(own('/api/v1', `configmaps/${INSTALLED.webhook}`))),
  );
  const named = (names: readonly string[], resource: string): Promise<Readonly<Record<string, Fact<unknown>>>> =>
    all(names, (name) => find(`${ADMISSION}/${resource}/${name}`));
  return {
    installedIn,
    now,
    serverVersion: textAt(version, 'gitVersion') ?? '',
    mutating,
    validating: await find(`${ADMISSION}/validatingwebhookconfigurations/${INSTALLED.configuration}`),
    allMutating: await list(`${ADMISSION}/mutatingwebhookconfigurations`),
    deployment: await find(own('/apis/apps/v1', `deployments/${INSTALLED.webhook}`)),
    service: await find(own('/api/v1', `services/${INSTALLED.webhook}`)),
    slices: await list(own('/apis/discovery.k8s.io/v1', 'endpointslices'), {
      labelSelector: `kubernetes.io/service-name=${INSTALLED.webhook}`,
    }),
    budget: await find(own('/apis/policy/v1', `poddisruptionbudgets/${INSTALLED.webhook}`)),
    settings,
    certificates: await factOf(async () =>
      certificatesOf(await cluster.find(own('/api/v1', `secrets/${secretOf(settings)}`))),
    ),
    policies: await named(POLICIES, 'validatingadmissionpolicies'),
    bindings: await named(GUARD_BINDINGS, 'validatingadmissionpolicybindings'),
    lacking: await factOf(() => readLacking(cluster, installedIn, hasOwnCertificate(settings))),
    optedIn: await factOf(() =>
      cluster.list('/api/v1/namespaces', (item) => textAt(item, 'metadata', 'name') ?? '', {
        labelSelector: 'rolechain.io/enabled=true',
      }),
    ),
    probe: await factOf(() => probe(cluster)),
    health: await factOf(() => readHealth(cluster, own('/api/v1', 'pods'), healthPortOf(settings))),
  };
}

/** Where the configuration leads is where rolechain is. */
function namespaceOf(mutating: Fact<unknown>): string {
  const [first] = mutating.is === 'there' ? listAt(mutating.value, 'webhooks') : [];
  return textAt(first, 'clientConfig', 'service', 'namespace') ?? INSTALLED.namespace;
}

function settingsOf(configMap: unknown): Result<Settings> | undefined {
  const text = textAt(configMap, 'data', INSTALLED.settingsKey);
  return configMap === undefined ? undefined : parseSettings(text ?? '');
}

function secretOf(settings: Fact<Result<Settings>>): string {
  const known = settings.is === 'there' && settings.value.ok ? settings.value.value.certificateSecret : undefined;
  return encodeURIComponent(known ?? INSTALLED.certificateSecret);
}

function hasOwnCertificate(settings: Fact<Result<Settings>>): boolean {
  return !(settings.is === 'there' && settings.value.ok && settings.value.value.certDir !== undefined);
}

/** The rest of the Secret, its two keys, goes no further. */
function certificatesOf(secret: unknown): PublicCertificates | undefined {
  const pem = (key: string): string => Buffer.from(textAt(secret, 'data', key) ?? '', 'base64').toString();
  return secret === undefined ? undefined : { certificate: pem('tls.crt'), authority: pem('ca.crt') };
}

async function all<T>(
  names: readonly string[],
  read: (name: string) => Promise<T>,
): Promise<Readonly<Record<string, T>>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));
}

async function review(
  cluster: Cluster,
  path: string,
  body: unknown,
): Promise<{ status: number; body: unknown; warning: string }> {
  const answer = await cluster.post(path, body);
  const said = messageOf(answer.body);
  const user = answer.status === 403 ? userOf(said) : undefined;
  if (user !== undefined) throw forbidden(rightOf('POST', path), user);
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer.body ?? '');
  } catch {
    parsed = undefined;
  }
  return { status: answer.status, body: parsed, warning: answer.warning ?? '' };
}

/** By SubjectAccessReview: whatever Role gives the right. */
async function readLacking(cluster: Cluster, namespace: string, isOwn: boolean): Promise<readonly Lacking[]> {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const rights = WEBHOOK_RIGHTS.filter(({ isOfOwnCertificate }) => isOwn || isOfOwnCertificate === undefined);
  const asked = rights.flatMap(({ verbs, names, where, ...right }) =>
    verbs.flatMap((verb) =>
      (names.length > 0 ? names : [undefined]).map((name) => ({
        ...right,
        verb,
        name,
        within: where === 'cluster' ? undefined : namespace,
      })),
    ),
  );
  const lacking = await Promise.all(
    asked.map(async ({ group, resource, verb, name, within, without }) => {
      const spec = {
        user: `system:serviceaccount:${namespace}:${INSTALLED.webhook}`,
        groups,
        resourceAttributes: { group, resource, verb, name, namespace: within },
      };
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
      const { body: answer } = await review(cluster, '/apis/authorization.k8s.io/v1/subjectaccessreviews', body);
      if (at(answer, 'status', 'allowed') === true) return [];
      const right = `${verb} ${resource}${name === undefined ? '' : `/${name}`}${within === undefined ? '' : ` in namespace ${within}`}`;
      return [{ right, without }];
    }),
  );
  return lacking.flat();
}

/** A dry run: nothing is stored, and the webhook refuses it, if it is asked. Apiservers send all webhooks of one name the same way. */
async function probe(cluster: Cluster): Promise<Probe> {
  const annotations = { 'rolechain.io/assume-role': 'rolechain doctor asks whether the webhook is called' };
  const { status, body, warning } = await review(cluster, '/api/v1/namespaces/default/serviceaccounts?dryRun=All', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { generateName: 'rolechain-doctor-', annotations },
  });
  const text = textAt(body, 'message') ?? '';
  if (text.includes('annotations.rolechain.io')) return { is: 'refused' };
  if (status >= 400) return { is: 'other', text: text === '' ? `HTTP status ${status}` : text.slice(0, 300) };
  return { is: warning.includes('rolechain') ? 'warned' : 'unnoticed' };
}

function healthPortOf(settings: Fact<Result<Settings>>): number {
  return settings.is === 'there' && settings.value.ok ? settings.value.value.healthPort : PORTS.webhookHealth;
}

async function readHealth(cluster: Cluster, path: string, port: number): Promise<readonly PodHealth[]> {
  const selector = { labelSelector: 'app.kubernetes.io/name=rolechain,app.kubernetes.io/component=webhook' };
  const pods = await cluster.list(path, (item) => textAt(item, 'metadata', 'name') ?? '', selector);
  return Promise.all(
    pods.slice(0, 5).map(async (pod): Promise<PodHealth> => {
      const proxy = `${path}/${encodeURIComponent(pod)}:${port}/proxy`;
      const ready = await cluster.raw(`${proxy}${PATHS.readyz}`).catch(() => undefined);
      const said = messageOf(ready?.body);
      // A Status is the apiserver's own: the pod was not reached.
      if (said !== '' || (ready?.status !== 200 && ready?.status !== 503)) {
        return {
          pod,
          ready: undefined,
          hasMetrics: false,
          obstacle: said === '' ? 'no answer by the pod proxy' : said,
        };
      }
      const metrics = await cluster
        .raw(`${proxy}${PATHS.metrics}`, { maxBytes: LIMITS.commandAnswerBytes })
        .catch(() => undefined);
      return { pod, ready: readinessOf(ready.body), hasMetrics: metrics?.status === 200 };
    }),
  );
}

/** `ok`, or what it waits for: codes of the table of errors. */
function readinessOf(body: string | undefined): string {
  try {
    const answer: unknown = JSON.parse(body ?? '');
    const codes = listAt(answer, 'reasons').map((reason) => textAt(reason, 'code') ?? '');
    return [textAt(answer, 'status') ?? '', ...codes].join(' ').slice(0, 300);
  } catch {
    return 'what answers is not a webhook of rolechain';
  }
}
