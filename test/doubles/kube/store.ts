/** The objects of the double, with versions and the events of watches, as etcd and the apiserver's watch cache. */
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import type { Attributes } from './asked.ts';

export interface Event {
  readonly type: 'ADDED' | 'MODIFIED';
  readonly object: KubeObject;
  readonly version: number;
}

export interface Store {
  /** Adds or replaces an object, with a new resourceVersion; gives it as it is stored. */
  readonly put: (object: KubeObject) => KubeObject;
  readonly get: (
    of: Pick<Attributes, 'resource' | 'name'> & { readonly namespace?: string | undefined },
  ) => KubeObject | undefined;
  /** In the order of their keys, as etcd gives them. */
  readonly list: (of: Attributes) => KubeObject[];
  readonly version: () => number;
  /** Hears what came after a version, then all that comes; gives the end of it. */
  readonly hear: (of: Attributes, after: number, listener: (event: Event) => void) => () => void;
}

/** Those kinds that the webhook asks for, by resource. */
export const KINDS: Readonly<Record<string, string>> = {
  serviceaccounts: 'ServiceAccount',
  namespaces: 'Namespace',
  limitranges: 'LimitRange',
  nodes: 'Node',
  secrets: 'Secret',
  mutatingwebhookconfigurations: 'MutatingWebhookConfiguration',
  validatingwebhookconfigurations: 'ValidatingWebhookConfiguration',
};

export function makeStore(): Store {
  const objects = new Map<string, KubeObject>();
  const events: (Event & { readonly key: string })[] = [];
  const listeners = new Set<(event: Event & { readonly key: string }) => void>();
  let version = 1;
  return {
    put: (object) => {
      const { kind, metadata } = object;
      const key = keyOf(kind, metadata.namespace, metadata.name);
      const stored = structuredClone({ ...object, metadata: { ...metadata, resourceVersion: String(++version) } });
      const event = { type: objects.has(key) ? 'MODIFIED' : 'ADDED', object: stored, version, key } as const;
      objects.set(key, stored);
      events.push(event);
      for (const listener of listeners) listener(event);
      return stored;
    },
    get: ({ resource, namespace, name }) => objects.get(keyOf(KINDS[resource], namespace, name)),
    list: (of) =>
      [...objects]
        .filter(([key]) => isOf(key, of))
        .sort(byKey)
        .map(([, object]) => object),
    version: () => version,
    hear: (of, after, listener) => {
      const own = (event: Event & { readonly key: string }): void => {
        if (isOf(event.key, of) && event.version > after) listener(event);
      };
      events.forEach(own);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}

const keyOf = (kind = '', namespace = '', name = ''): string => `${kind}/${namespace}/${name}`;

function isOf(key: string, { resource, namespace, name }: Attributes): boolean {
  const within = namespace === undefined ? `${KINDS[resource] ?? ''}/` : `${KINDS[resource] ?? ''}/${namespace}/`;
  return key.startsWith(within) && (name === undefined || key.endsWith(`/${name}`));
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
