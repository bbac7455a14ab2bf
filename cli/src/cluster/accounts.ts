/** ServiceAccounts and Namespaces as the webhook keeps them, and when an annotation was added. */
import { ANNOTATIONS, FOREIGN_KEYS } from '@rolechain/shared';
import { ANNOTATION_KEYS, keptAnnotations, keysOn, type Annotations } from '@rolechain/webhook';
import type { EksWebhook } from '@rolechain/shared';
import { keptAccount } from '../documents/known-objects.ts';
import type { Json } from '../documents/manifests.ts';
import { at } from '../objects/fields.ts';
import type { Cluster } from './client.ts';
import { pathOf } from './path.ts';

export interface KnownAccount {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Annotations;
  /** When the annotation that asks for a role was added, in milliseconds; undefined where nothing tells. */
  readonly addedAt: number | undefined;
  readonly createdAt: number;
}

export interface KnownNamespace {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Annotations;
}

interface ApiObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly creationTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Annotations;
    readonly managedFields?: readonly { readonly time?: string; readonly fieldsV1?: unknown }[];
  };
}

/** By `<namespace>/<name>`. `namespace` undefined: of the cluster. `onRead` sees each whole: of most that it has nothing is kept. */
export async function readAccounts(
  cluster: Cluster,
  namespace: string | undefined,
  eks: EksWebhook,
  onRead: (account: Json) => void = () => undefined,
): Promise<Map<string, KnownAccount>> {
  const project = (item: unknown): KnownAccount => {
    onRead(item as Json);
    const { metadata = {} } = item as ApiObject;
    return {
      ...keptAccount(metadata.namespace ?? '', metadata.name ?? '', { metadata }, eks),
      addedAt: addedAt(metadata, ASKING),
      createdAt: Date.parse(metadata.creationTimestamp ?? ''),
    };
  };
  const accounts = await cluster.list(pathOf(namespace, 'serviceaccounts'), project);
  return new Map(accounts.map((account) => [`${account.namespace}/${account.name}`, account]));
}

/** By name. One alone where a namespace is given, which needs a lesser right. */
export async function readNamespaces(
  cluster: Cluster,
  namespace: string | undefined,
): Promise<Map<string, KnownNamespace>> {
  const project = (item: unknown): [string, KnownNamespace] => {
    const { name = '', labels = {}, annotations = {} } = (item as ApiObject).metadata ?? {};
    return [name, { labels, annotations: keptAnnotations(annotations, 'Namespace', keysOn('Namespace')) }];
  };
  if (namespace === undefined) return new Map(await cluster.list(pathOf(undefined, 'namespaces'), project));
  return new Map([project(await cluster.get(pathOf(undefined, 'namespaces', namespace)))]);
}

/** When it came to ask, of an account as the API gives it; undefined where nothing tells. */
export function askedSince(account: unknown): number | undefined {
  const { metadata = {} } = account as ApiObject;
  const created = Date.parse(metadata.creationTimestamp ?? '');
  const added = addedAt(metadata, ASKING);
  return added === undefined ? undefined : Math.max(added, Number.isNaN(created) ? 0 : created);
}

const ASKING: readonly string[] = [ANNOTATIONS.assumeRole.key, FOREIGN_KEYS.fluxAssumeRole];

/**
 * When one of the annotations was added, by the fields that each manager owns (KEP-555): at the latest then. A manager has one
 * time for all that it owns, which moves when it comes to own something else, and not when it changes a value
 * (apimachinery, managedFieldsUpdater). Undefined of an account that was made without any field, as `kubectl create serviceaccount`
 * does: no managers are noted of it then or later (skipNonAppliedManager).
 */
function addedAt(
  { managedFields = [] }: NonNullable<ApiObject['metadata']>,
  keys: readonly string[],
): number | undefined {
  const times = managedFields
    .filter(({ fieldsV1 }) => keys.some((key) => owns(fieldsV1, key)))
    .map(({ time }) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length > 0 ? Math.max(...times) : undefined;
}

function owns(fields: unknown, annotation: string): boolean {
  return at(fields, 'f:metadata', 'f:annotations', `f:${annotation}`) !== undefined;
}

/** Keys of ours that a pod carries, for what is decided or told of it. */
export function podAnnotations(annotations: Annotations): Annotations {
  return keptAnnotations(annotations, 'Pod', ANNOTATION_KEYS);
}
