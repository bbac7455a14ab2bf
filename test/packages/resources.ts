/** What an apiserver has, of every kind that it lists. */
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { Api } from '../guard/api.ts';

interface Resource {
  /** `/api/v1`, `/apis/apps/v1`. */
  readonly root: string;
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export interface Resources {
  readonly pathOf: (object: KubeObject) => string;
  /** `/api/v1/secrets shop/name` of all objects but those that come and go on their own. */
  readonly all: () => Promise<ReadonlySet<string>>;
  /** Paths of what a namespace holds. */
  readonly inNamespace: (namespace: string) => Promise<readonly string[]>;
}

/** An apiserver renews its lease, and anything may write events. `componentstatuses` are no objects. */
const RESTLESS = ['leases', 'events', 'componentstatuses'];

export async function discover(api: Api): Promise<Resources> {
  const read = async (path: string): Promise<unknown> => JSON.parse((await api.get(path)).body);
  const { groups } = (await read('/apis')) as { groups: { preferredVersion: { groupVersion: string } }[] };
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const lists = await Promise.all(
    roots.map(async (root) => {
      const { resources } = (await read(root)) as { resources: Omit<Resource, 'root'>[] };
      return resources.map((resource) => ({ ...resource, root }));
    }),
  );
  const resources: readonly Resource[] = lists.flat().filter(({ name }) => !name.includes('/'));
  const listed = resources.filter(({ name, verbs }) => verbs.includes('list') && !RESTLESS.includes(name));

  function pathOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): string {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const found = resources.find((resource) => resource.root === root && resource.kind === kind);
    if (!found) throw new Error(`the apiserver has no ${apiVersion} ${kind}`);
    // As the API has it, not as the object says: a namespace too many or too few is an error then.
    const place = found.namespaced ? `/namespaces/${namespace}` : '';
    return `${root}${place}/${found.name}/${name}`;
  }

  const itemsOf = async ({ root, name }: Resource): Promise<KubeObject[]> =>
    ((await read(`${root}/${name}`)) as { items: KubeObject[] }).items;

  async function namesOf(resource: Resource): Promise<string[]> {
    const { root, name } = resource;
    return (await itemsOf(resource)).map(
      ({ metadata }) => `${root}/${name} ${metadata.namespace ?? ''}/${metadata.name}`,
    );
  }

  async function inNamespace(namespace: string): Promise<string[]> {
    const pathsOf = async (resource: Resource): Promise<string[]> => {
      const held = (await itemsOf(resource)).filter(({ metadata }) => metadata.namespace === namespace);
      return held.map(({ metadata: { name } }) => `${resource.root}/namespaces/${namespace}/${resource.name}/${name}`);
    };
    return (await Promise.all(listed.filter(({ namespaced }) => namespaced).map(pathsOf))).flat();
  }

  const all = async (): Promise<ReadonlySet<string>> => new Set((await Promise.all(listed.map(namesOf))).flat());
  // An apiserver is ready before it has made all of its own: the Service of its address comes last, on a busy machine late.
  await until('it has its own Service', PATIENCE_MS, async () => {
    return (await api.get('/api/v1/namespaces/default/services/kubernetes')).status === 200;
  });
  return { pathOf, inNamespace, all };
}
