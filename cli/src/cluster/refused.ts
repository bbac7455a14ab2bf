/** What the apiserver answers instead of what was asked for, as coded errors. Pure. */
import { CodedError } from '@rolechain/shared';

/** A right, as RBAC writes it. */
export interface Right {
  readonly verb: string;
  /** Empty: the core group. */
  readonly group: string;
  /** With its subresource: `pods/proxy`. */
  readonly resource: string;
  /** Undefined: of the cluster, or of all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
}

/** `get pods/proxy in namespace shop`. */
export function describeRight({ verb, group, resource, namespace }: Right): string {
  const kind = group === '' ? resource : `${resource} (${group})`;
  return `${verb} ${kind}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
}

/** The right that a request needs (k8s.io/apiserver, endpoints/request, requestinfo.go). */
export function rightOf(method: string, path: string): Right {
  const [where = ''] = path.split('?', 1);
  const segments = where
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeURIComponent);
  const [group, rest] = segments[0] === 'apis' ? [segments[1] ?? '', segments.slice(3)] : ['', segments.slice(2)];
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = isNamespaced ? rest[1] : undefined;
  const [kind = where, name, subresource] = isNamespaced ? rest.slice(2) : rest;
  const verb = method === 'POST' ? 'create' : name === undefined ? 'list' : 'get';
  const resource = subresource === undefined ? kind : `${kind}/${subresource}`;
  return {
    ...{ verb, group, resource },
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

/** The user that the apiserver's sentence names (RBAC: `User "x" cannot list resource …`). */
export function userOf(message: string): string | undefined {
  return /User "([^"\n]{1,512})" cannot /.exec(message.slice(0, 2048))?.[1];
}

/** What is read; undefined where a right lacks, once that is told. Any other failure is one of the command. */
export async function unlessForbidden<T>(
  read: () => Promise<T>,
  tell: (error: CodedError) => void,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'ClusterForbidden') throw error;
    tell(error);
    return undefined;
  }
}

export function forbidden(right: Right, user: string): CodedError {
  return forbiddenAll([right], user);
}

/** Of several rights that lack together. */
export function forbiddenAll(rights: readonly Right[], user: string): CodedError {
  const what = rights.map(describeRight).join(', nor ');
  const rules = rights.map(ruleOf).join('; ');
  const [{ namespace } = {}] = rights;
  const where = namespace === undefined ? 'a ClusterRole' : `a Role of namespace ${namespace}`;
  return new CodedError('ClusterForbidden', `User ${user} cannot ${what}.`, {
    fix: `Ask for ${where} with the rule ${rules}.`,
  });
}

function ruleOf({ verb, group, resource }: Right): string {
  return `{apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["${verb}"]}`;
}

/** The sentence of a Status object; empty where the body is something else, as of a proxy in between. */
export function messageOf(body: string | undefined): string {
  try {
    const status = JSON.parse(body ?? '') as { kind?: unknown; message?: unknown } | null;
    return status?.kind === 'Status' && typeof status.message === 'string' ? status.message.slice(0, 1024) : '';
  } catch {
    return '';
  }
}
