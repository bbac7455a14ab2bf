/**
 * The document with all objects and lists copied that lead to these places (JSON pointers, RFC 6901), so that
 * operations on the places leave the original as it is. What lies beside the ways is shared. A way that leads nowhere
 * ends where it does: the operations will say so.
 */
export function copyAlong(document: unknown, pointers: readonly string[]): unknown {
  if (!isContainer(document)) return document;
  const root = copyOf(document);
  // A list of a hundred thousand is copied once, however many operations go there.
  const copies = new Set([root]);
  const ways = new Set(pointers.map((pointer) => pointer.slice(0, pointer.lastIndexOf('/'))));
  for (const way of ways) {
    let node = root;
    for (const key of way.split('/').slice(1).map(unescape)) {
      const child = Object.hasOwn(node, key) ? node[key] : undefined;
      if (!isContainer(child)) break;
      const copy = copies.has(child) ? child : copyOf(child);
      copies.add(copy);
      node[key] = copy;
      node = copy;
    }
  }
  return root;
}

type Container = Record<string, unknown>;

/** A list is read and written by its indexes as an object by its keys. */
function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function copyOf(container: Container): Container {
  return Array.isArray(container) ? (container.slice() as unknown as Container) : { ...container };
}

function unescape(key: string): string {
  if (!key.includes('~')) return key;
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}
