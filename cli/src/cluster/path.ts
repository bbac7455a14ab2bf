/** Of objects of the core group. `namespace` undefined: of all; `name` undefined: their list. */
export function pathOf(namespace: string | undefined, resource: string, name?: string): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/api/v1${within}/${resource}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}
