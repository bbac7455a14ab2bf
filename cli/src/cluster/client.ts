/** The cluster that a command speaks to: what it reads of it, and why it can't. */
import type { KubeConfig } from '@kubernetes/client-node';
import { CodedError, LIMITS, isMap } from '@rolechain/shared';
import type { Call } from '../terminal/command.ts';
import { textOf } from '../terminal/options.ts';
import { exec, type ExecRequest, type ExecResult } from './exec.ts';
import { loadClientNode, readKubeconfig, type ClientNode } from './kubeconfig.ts';
import { forbidden, messageOf, rightOf, userOf, type Right } from './refused.ts';
import { send, unreachable, type Answer, type Ask } from './request.ts';

export type Query = Readonly<Record<string, string | undefined>>;

/** What can be asked of a cluster. All of it throws CodedError: ClusterForbidden, ClusterUnauthorized, ClusterUnreachable. */
export interface Cluster {
  /** As the kubeconfig has it. */
  readonly server: string;
  /** The kubeconfig's name of its user; the apiserver may know it by another. */
  readonly user: string;
  /** -n, the context's, or `default`. */
  readonly namespace: string;
  /** The object at a path. Throws ObjectNotFound. */
  get<T = unknown>(path: string): Promise<T>;
  /** The same; undefined where it is not there. */
  find<T = unknown>(path: string): Promise<T | undefined>;
  /**
   * All objects of a list, page by page; `project` gives what is kept of each, since a cluster's pods whole may not fit into
   * memory. Throws ClusterTooLarge.
   */
  list<T>(path: string, project: (item: unknown) => T, query?: Query): Promise<T[]>;
  /** Whatever is answered, of HTTP status 4xx and 5xx, too: for the pod proxy. */
  raw(path: string, options?: { readonly ms?: number; readonly maxBytes?: number }): Promise<Answer>;
  /** The same of a POST. What is created is the caller's to keep from being stored (`dryRun=All`), or a review. */
  post(path: string, body: unknown): Promise<Answer>;
  /** Metadata alone: of a Secret, its keys (`managedFields`) without a value. Undefined where it is not there. */
  findMetadata(path: string): Promise<unknown>;
  /** A command in a container. Rejects with ExecFailed. */
  exec(request: Omit<ExecRequest, 'signal'>): Promise<ExecResult>;
  /** By SelfSubjectAccessReview, which anybody may ask. */
  canI(right: Right): Promise<boolean>;
  /** The name under which the apiserver knows the user, by SelfSubjectReview; else the kubeconfig's. */
  whoAmI(): Promise<string>;
}

/** Objects that a page asks for: each page costs the apiserver some milliseconds, whatever it holds. */
const PAGE = 500;

/** Of the options of program.ts (CLUSTER_OPTIONS). Throws KubeconfigInvalid. Nothing is asked of the cluster yet. */
export async function connect({ options, surroundings }: Call): Promise<Cluster> {
  const { env, signal } = surroundings;
  const client = await loadClientNode();
  const [kubeconfig, named] = [textOf(options.kubeconfig), textOf(options.context)];
  const kubeConfig = readKubeconfig(client, { kubeconfig, context: named, env });
  const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  return makeCluster(client, kubeConfig, textOf(options.namespace) ?? context?.namespace ?? 'default', signal);
}

function makeCluster(client: ClientNode, kubeConfig: KubeConfig, namespace: string, signal: AbortSignal): Cluster {
  const user = kubeConfig.getCurrentUser()?.name ?? '';
  const answerTo = async (ask: Partial<Ask> & Pick<Ask, 'path'>): Promise<Answer> => {
    const bounds = { ms: LIMITS.commandAnswerMs, maxBytes: LIMITS.commandAnswerBytes };
    const answer = await send(kubeConfig, { ...bounds, ...ask, signal });
    checkAnswer(kubeConfig, ask, answer);
    return answer;
  };
  const find = async <T>(path: string): Promise<T | undefined> => {
    const answer = await answerTo({ path });
    return answer.status === 404 ? undefined : parse<T>(kubeConfig, answer.body);
  };
  const create = async <T>(path: string, body: unknown): Promise<T> =>
    parse<T>(kubeConfig, (await answerTo({ method: 'POST', path, body })).body);
  return {
    server: kubeConfig.getCurrentCluster()?.server ?? '',
    user,
    namespace,
    find,
    get: async <T>(path: string) => {
      const found = await find<T>(path);
      if (found !== undefined) return found;
      const { resource, name = '', namespace: of } = rightOf('GET', path);
      throw new CodedError('ObjectNotFound', `${resource} ${name}${of === undefined ? '' : ` in namespace ${of}`}.`);
    },
    list: async (path, project, query = {}) => {
      const readPage = (more: Query, isSingle: boolean): Promise<Answer> => {
        const maxBytes = isSingle ? LIMITS.commandAnswerBytes : LIMITS.commandPageBytes;
        return answerTo({ path: withQuery(path, { ...query, ...more }), ms: LIMITS.commandPageMs, maxBytes });
      };
      return listAll(kubeConfig, readPage, { path, project });
    },
    raw: (path, { ms = LIMITS.commandLiveMs, maxBytes = LIMITS.commandLiveBytes } = {}) =>
      send(kubeConfig, { path, ms, maxBytes, signal }),
    post: (path, body) =>
      send(kubeConfig, {
        method: 'POST',
        path,
        body,
        ms: LIMITS.commandAnswerMs,
        maxBytes: LIMITS.commandAnswerBytes,
        signal,
      }),
    findMetadata: async (path) => {
      const answer = await answerTo({ path, accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' });
      return answer.status === 404 ? undefined : parse<unknown>(kubeConfig, answer.body);
    },
    exec: (request) => exec(client, kubeConfig, { ...request, signal }),
    canI: async ({ verb, group, resource: whole, namespace: of, name }) => {
      const [resource, subresource] = whole.split('/');
      const resourceAttributes = { verb, group, resource, subresource, namespace: of, name };
      const { status } = await create<{ status?: { allowed?: boolean } }>(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
      );
      return status?.allowed === true;
    },
    whoAmI: async () => {
      const { status } = await create<{ status?: { userInfo?: { username?: string } } }>(
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
      ).catch(() => ({ status: undefined }));
      return status?.userInfo?.username ?? user;
    },
  };
}

interface Page {
  readonly items?: readonly unknown[] | null;
  readonly metadata?: { readonly continue?: string };
}

/** A token of `continue` lasts as long as etcd's history: after a 410 the list is begun again, once. */
async function listAll<T>(
  kubeConfig: KubeConfig,
  readPage: (query: Query, isSingle: boolean) => Promise<Answer>,
  { path, project }: { readonly path: string; readonly project: (item: unknown) => T },
): Promise<T[]> {
  let items: T[] = [];
  let token: string | undefined;
  let limit = PAGE;
  let isAgain = false;
  for (;;) {
    const { status, body } = await readPage({ limit: `${limit}`, continue: token }, limit === 1);
    if (status === 404) return [];
    if (status === 410) {
      if (isAgain) throw unreachable(kubeConfig, `the list of ${path} changes faster than it can be read.`);
      [items, token, isAgain] = [[], undefined, true];
      continue;
    }
    if (body === undefined && limit > 1) {
      limit = Math.ceil(limit / 4);
      continue;
    }
    const page = parse<Page>(kubeConfig, body);
    const found: unknown = page.items ?? [];
    if (!Array.isArray(found) || !found.every(isMap)) throw notAnApiserver(kubeConfig);
    for (const item of found) items.push(project(item));
    if (items.length > LIMITS.commandObjects) {
      throw new CodedError('ClusterTooLarge', `${path} has more than ${LIMITS.commandObjects} objects.`);
    }
    const next = page.metadata?.continue;
    if (!next) return items;
    // A page of an apiserver that has another one behind it holds something.
    if (found.length === 0 || next === token) throw notAnApiserver(kubeConfig);
    token = next;
    limit = Math.min(PAGE, 2 * limit);
  }
}

/** 404 is left to who asked. */
function checkAnswer(
  kubeConfig: KubeConfig,
  { method = 'GET', path }: Pick<Ask, 'path'> & { readonly method?: string },
  { status, body }: Answer,
): void {
  if ((status >= 200 && status < 300) || status === 404 || status === 410) return;
  const message = messageOf(body);
  const user = kubeConfig.getCurrentUser()?.name ?? '';
  if (status === 401) throw new CodedError('ClusterUnauthorized', `User ${user} of the kubeconfig.`);
  if (status === 403) throw forbidden(rightOf(method, path), userOf(message) ?? user);
  throw unreachable(kubeConfig, `HTTP status ${status}${message === '' ? '' : `: ${message}`}.`);
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what the API answers by the path that was asked
function parse<T>(kubeConfig: KubeConfig, body: string | undefined): T {
  if (body === undefined) throw unreachable(kubeConfig, `an answer has more than ${LIMITS.commandAnswerBytes} bytes.`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw unreachable(kubeConfig, 'what answers is not an apiserver: its answer is not JSON.', error);
  }
  if (!isMap(value)) throw notAnApiserver(kubeConfig);
  return value as T;
}

function notAnApiserver(kubeConfig: KubeConfig): CodedError {
  return unreachable(kubeConfig, 'what answers is not an apiserver: its answer has another form.');
}

function withQuery(path: string, query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  );
  return pairs.length > 0 ? `${path}?${pairs.join('&')}` : path;
}
