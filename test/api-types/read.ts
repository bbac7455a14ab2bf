/**
 * The API's types as a kube-apiserver tells them (OpenAPI v3, `/openapi/v3/api/v1`), in the form of the table
 * `webhook/src/objects/api-types.ts`.
 */
import type { Cluster } from '../cluster/apiserver.ts';
import { getRaw } from '../cluster/get-raw.ts';

/** Each type's fields with the types of their values: `string`, `Probe`, `EnvVar[]`; `map` where keys are free. */
export type ApiTypes = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Schema {
  readonly type?: string;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** What a sidecar and its volumes are made of; the other types are those that these name. */
export const ROOTS = ['Container', 'EmptyDirVolumeSource', 'ProjectedVolumeSource'] as const;
const CORE = 'io.k8s.api.core.v1.';

/** The types of the running apiserver. Throws when a root is none of its types. */
export async function readApiTypes({ kubeConfig }: Pick<Cluster, 'kubeConfig'>): Promise<ApiTypes> {
  const document = (await getRaw(kubeConfig, '/openapi/v3/api/v1')) as {
    components: { schemas: Readonly<Record<string, Schema>> };
  };
  const { schemas } = document.components;
  const found = new Map<string, Readonly<Record<string, string>>>();
  const waiting: string[] = [...ROOTS];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const properties = schemas[CORE + name]?.properties;
    if (!properties) {
      if ((ROOTS as readonly string[]).includes(name)) throw new Error(`the API has no type ${name}`);
      continue;
    }
    const fields = Object.entries(properties).map(([field, schema]) => [field, typeOf(schema)] as const);
    found.set(name, Object.fromEntries(fields.sort(byName)));
    waiting.push(...fields.map(([, type]) => type.replace('[]', '')).filter((type) => !found.has(type)));
  }
  return Object.fromEntries([...found].sort(byName));
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

function typeOf({ type, $ref, allOf, items, properties }: Schema): string {
  const reference = $ref ?? allOf?.[0]?.$ref;
  // Of other groups are the Quantity, and what is written as text or a number.
  if (reference !== undefined) return reference.split('.').at(-1) ?? '';
  if (type === 'array' && items) return `${typeOf(items)}[]`;
  return type === 'object' || properties ? 'map' : (type ?? 'any');
}
