/** rolechain as it is installed in the cluster: which namespaces its webhook is called for, and its settings. */
import { INSTALLED, LABELS, VERSION, formatProblems } from '@rolechain/shared';
import { parseSettings, type Settings } from '@rolechain/webhook';
import { defaultSettings } from '../documents/webhook-settings.ts';
import { plain } from '../terminal/plain.ts';
import type { Cluster } from './client.ts';
import { pathOf } from './path.ts';
import { unlessForbidden } from './refused.ts';
import { selects, type Selector } from './selector.ts';

type Labels = Readonly<Record<string, string>>;

export interface Installation {
  /** Undefined: it is not installed, or the user may not see whether. */
  readonly version: string | undefined;
  /** Of the webhook; `rolechain` where it is not known. */
  readonly namespace: string;
  readonly settings: Settings;
  /** What could not be read, and what is taken in its place. */
  readonly notes: readonly string[];
  /** Whether the webhook is called for pods of a Namespace with these labels. */
  readonly isCovered: (labels: Labels) => boolean;
}

interface WebhookConfiguration {
  readonly metadata?: { readonly labels?: Labels };
  readonly webhooks?: readonly {
    readonly clientConfig?: { readonly service?: { readonly namespace?: string } };
    readonly namespaceSelector?: Selector;
    readonly rules?: readonly { readonly resources?: readonly string[] }[];
  }[];
}

interface WebhookOfPods {
  readonly version: string | undefined;
  readonly webhook: NonNullable<WebhookConfiguration['webhooks']>[number];
}

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** As manifests/base/webhook.yaml has them; test/cli holds the two together. */
const AS_SHIPPED: readonly Selector[] = [
  {
    matchExpressions: [
      { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', INSTALLED.namespace] },
    ],
  },
  {
    matchExpressions: [
      { key: 'kubernetes.io/metadata.name', operator: 'In', values: ['kube-system', INSTALLED.namespace] },
      { key: 'rolechain.io/enabled', operator: 'In', values: ['true'] },
    ],
  },
];

/** Those webhooks of rolechain's configurations that are called for pods, each with the version of its configuration. */
async function webhooksOfPods(cluster: Cluster): Promise<readonly WebhookOfPods[]> {
  const query = { labelSelector: `${LABELS.name}=rolechain` };
  const found = await cluster.list(CONFIGURATIONS, (item) => item as WebhookConfiguration, query);
  return found.flatMap(({ metadata, webhooks = [] }) =>
    webhooks
      .filter(({ rules = [] }) => rules.some(({ resources = [] }) => resources.includes('pods')))
      .map((webhook) => ({ version: metadata?.labels?.[LABELS.version], webhook })),
  );
}

const namespaceOf = (first: WebhookOfPods | undefined): string =>
  first?.webhook.clientConfig?.service?.namespace ?? INSTALLED.namespace;

/** Where the configuration leads; `rolechain` where none is, or the user may not see it. */
export async function installedNamespace(cluster: Cluster): Promise<string> {
  const found = await unlessForbidden(
    () => webhooksOfPods(cluster),
    () => undefined,
  );
  return namespaceOf(found?.[0]);
}

/** What is not installed, or may not be read, is taken as it is shipped; `notes` says so. `given`: the text of other settings. */
export async function readInstallation(cluster: Cluster, given?: Settings): Promise<Installation> {
  const notes: string[] = [];
  const found = await orNote(
    notes,
    'whether rolechain is installed is not known, and every namespace is taken as covered but those that it leaves out',
    () => webhooksOfPods(cluster),
  );
  const ofPods = found ?? [];
  const [first] = ofPods;
  if (found && !first) notes.push('The webhook of rolechain is not installed in this cluster.');
  const namespace = namespaceOf(first);
  const selectors = first ? ofPods.map(({ webhook }) => webhook.namespaceSelector ?? {}) : AS_SHIPPED;
  return {
    version: first ? (first.version ?? VERSION) : undefined,
    namespace,
    settings: given ?? (first && (await readSettings(cluster, namespace, notes))) ?? defaultSettings(),
    notes,
    isCovered: (labels) => selectors.some((selector) => selects(selector, labels)),
  };
}

async function readSettings(cluster: Cluster, namespace: string, notes: string[]): Promise<Settings | undefined> {
  const path = pathOf(namespace, 'configmaps', INSTALLED.webhook);
  const read = (): Promise<{ readonly data?: Labels } | undefined> => cluster.find(path);
  const text = (await orNote(notes, 'the settings are taken as they are shipped', read))?.data?.[INSTALLED.settingsKey];
  if (text === undefined) return undefined;
  const parsed = parseSettings(text);
  if (parsed.ok) return parsed.value;
  const what = `The ConfigMap ${namespace}/${INSTALLED.webhook} is not valid: ${plain(formatProblems(parsed.problems))}`;
  notes.push(`${what}; the settings are taken as they are shipped.`);
  return undefined;
}

/** With a note where a right lacks. Any other failure is one of the command. */
export async function orNote<T>(notes: string[], instead: string, read: () => Promise<T>): Promise<T | undefined> {
  return unlessForbidden(read, ({ message }) => {
    notes.push(`${message.replace(/\.$/, '')}: ${instead}.`);
  });
}
