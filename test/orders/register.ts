/** Tells the apiserver of every order at once: a configuration for each side and policy, chosen by the labels of a row's namespace. */
import { AdmissionregistrationV1Api, type KubeConfig, type V1MutatingWebhook } from '@kubernetes/client-node';
import { ANNOTATIONS, FOREIGN_KEYS } from '@rolechain/shared';
import type { Injector } from '../models/injectors.ts';
import { EKS_ROLE } from '@rolechain/kit/models/eks-webhook.ts';
import { applyAll } from '../fixture/install.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { OUR_NAMES, configurationName, type Row } from './rows.ts';
import type { InjectorServer } from './server.ts';

const LABEL = 'orders.test';
const SERVICE = { namespace: 'orders', name: 'injectors' } as const;
export const INJECTORS_DNS = `${SERVICE.name}.${SERVICE.namespace}.svc`;
export const TARGET = 'arn:aws:iam::222222222222:role/orders';

/** A namespace with an annotated account for each row, labelled with the configurations that shall call. */
export function rowObjects(rows: readonly Pick<Row, 'namespace' | 'beside' | 'theirs' | 'ours'>[]): KubeObject[] {
  const annotations = { [ANNOTATIONS.assumeRole.key]: TARGET, [FOREIGN_KEYS.eksRoleARN]: EKS_ROLE };
  const named = (kind: string, name: string, metadata: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, ...metadata },
  });
  const perRow = rows.flatMap(({ namespace, beside, theirs, ours }) => {
    const called = [OUR_NAMES[ours], ...beside.map((one) => configurationName(one, theirs))];
    const labels = Object.fromEntries(called.map((name) => [`${LABEL}/${name}`, 'called']));
    return [named('Namespace', namespace, { labels }), named('ServiceAccount', 'orders', { namespace, annotations })];
  });
  return [named('Namespace', SERVICE.namespace), ...perRow];
}

/** The injectors by the configurations that the rows name. */
export function configurations(rows: readonly Row[]): Map<string, Injector> {
  return new Map(
    rows.flatMap(({ beside, theirs }) => beside.map((one) => [configurationName(one, theirs), one.injector])),
  );
}

/**
 * Ours as the manifests have it, for the rows that say IfNeeded, and a copy with Never; then all the others. They fail
 * closed and wait longer, so that a slow machine shows as an error and not as another order.
 */
export async function register(admin: KubeConfig, server: InjectorServer, names: readonly string[]): Promise<void> {
  const api = admin.makeApiClient(AdmissionregistrationV1Api);
  const strict = await takeOurs(api);
  const spec = { type: 'ExternalName', externalName: 'localhost' };
  await applyAll(admin, [{ apiVersion: 'v1', kind: 'Service', metadata: SERVICE, spec }]);
  const create = (name: string, webhook: Plain): Promise<unknown> =>
    api.createMutatingWebhookConfiguration({
      body: { metadata: { name }, webhooks: [withSelector(name, webhook)] },
    });
  await create(OUR_NAMES.Never, { ...strict, reinvocationPolicy: 'Never' });
  const caBundle = Buffer.from(server.authority).toString('base64');
  for (const name of names) {
    const service = { ...SERVICE, port: server.port, path: `/${name}` };
    await create(name, {
      ...strict,
      name: `${name}.example.com`,
      clientConfig: { service, caBundle },
      reinvocationPolicy: name.endsWith('-ifneeded') ? 'IfNeeded' : 'Never',
    });
  }
}

/** Narrows the configuration of the manifests to the rows of IfNeeded, and returns its webhook for pods. */
async function takeOurs(api: AdmissionregistrationV1Api): Promise<Plain> {
  const name = OUR_NAMES.IfNeeded;
  let taken: Plain | undefined;
  // The webhook publishes its CA at the same time: what it wrote in between makes this a conflict.
  await until('the CA of ours is published', PATIENCE_MS, async () => {
    const shipped = await api.readMutatingWebhookConfiguration({ name });
    const ours = shipped.webhooks?.[0];
    if (!ours?.clientConfig.caBundle) return false;
    taken = { ...plain(ours), failurePolicy: 'Fail', timeoutSeconds: 10 };
    const body = { ...plain(shipped), webhooks: [withSelector(name, taken)] };
    await api.replaceMutatingWebhookConfiguration({ name, body });
    return true;
  });
  if (taken?.reinvocationPolicy !== 'IfNeeded') throw new Error('the manifests have another reinvocationPolicy');
  return taken;
}

function withSelector(name: string, webhook: Plain): V1MutatingWebhook {
  return { ...webhook, namespaceSelector: { matchLabels: { [`${LABEL}/${name}`]: 'called' } } };
}

type Plain = Pick<V1MutatingWebhook, keyof V1MutatingWebhook>;

/** Through JSON: the classes of client-node can't be spread. */
function plain<T extends object>(model: T): Pick<T, keyof T> {
  return JSON.parse(JSON.stringify(model)) as Pick<T, keyof T>;
}
