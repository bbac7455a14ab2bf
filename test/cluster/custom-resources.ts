/** Kinds that a cluster has by a CustomResourceDefinition. No controller of them runs. */
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { Api } from '../guard/api.ts';

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface Definition {
  readonly group: string;
  readonly names: { readonly plural: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

/** Applies the definitions, and waits until discovery names each kind and a list of it is answered: either may be first. */
export async function addKinds(api: Api, definitions: readonly KubeObject[]): Promise<void> {
  for (const crd of definitions) {
    const { status, body } = await api.apply(`${CRDS}/${crd.metadata.name}`, crd);
    if (status >= 300) throw new Error(body);
  }
  for (const { spec } of definitions) {
    const { group: groupName, names, versions } = spec as Definition;
    for (const { name } of versions.filter(({ served }) => served)) {
      const path = `/apis/${groupName}/${name}`;
      await until(`${path} has ${names.plural}`, PATIENCE_MS, async () => {
        const [group, list] = await Promise.all([api.get(path), api.get(`${path}/${names.plural}`)]);
        if (group.status !== 200 || list.status !== 200) return false;
        const { resources } = JSON.parse(group.body) as { resources: readonly { name: string }[] };
        return resources.some((resource) => resource.name === names.plural);
      });
    }
  }
}
