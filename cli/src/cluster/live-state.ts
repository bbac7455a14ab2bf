/**
 * What a pod's sidecar says of itself: its /status through the apiserver's pod proxy; where that is closed, by exec of the
 * sidecar's prober, which asks the same from within the pod; else why neither works.
 */
import {
  checkSidecarStatus,
  CodedError,
  formatProblems,
  LIMITS,
  PATHS,
  SIDECAR,
  type PortsStatus,
  type RoleStatus,
  type SidecarStatus,
} from '@rolechain/shared';
import { plain } from '../terminal/plain.ts';
import type { Cluster } from './client.ts';
import { ExecFailed } from './exec.ts';
import { policiesOver } from './network-policies.ts';
import { pathOf } from './path.ts';
import { describeRight, messageOf, userOf, type Right } from './refused.ts';
import { sidecarOf, type SidecarFacts } from './sidecar.ts';

export type Way = 'proxy' | 'exec';

/** One way that did not work. */
export interface Obstacle {
  readonly way: Way;
  /** What happened, a sentence. */
  readonly text: string;
  /** What to do about it. */
  readonly fix: string;
  /** Rights that the user lacks for it. */
  readonly rights: readonly string[];
}

export type LiveState =
  | { readonly kind: 'live'; readonly way: Way; readonly status: SidecarStatus }
  /** A sidecar of a version whose prober can't print its status: what it says of its start instead. */
  | { readonly kind: 'verdict'; readonly text: string; readonly obstacles: readonly Obstacle[] }
  | { readonly kind: 'not-injected' }
  | { readonly kind: 'not-running'; readonly text: string }
  | { readonly kind: 'unknown'; readonly obstacles: readonly Obstacle[] };

/** What is needed of a pod: a list of many keeps no more. */
export interface LiveTarget {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly sidecar: SidecarFacts | undefined;
}

/** Of a pod as the API gives it. */
export function liveTargetOf(pod: unknown): LiveTarget {
  const { metadata } = pod as { metadata?: { namespace?: string; name?: string; labels?: Record<string, string> } };
  const { namespace = '', name = '', labels = {} } = metadata ?? {};
  return { namespace, name, labels, sidecar: sidecarOf(pod) };
}

/** Of one pod. Rejects only where the program is interrupted. */
export function readLiveState(cluster: Cluster, pod: unknown): Promise<LiveState> {
  return makeLiveReader(cluster)(liveTargetOf(pod));
}

/** For many pods: a way that a namespace's rights close is not tried again. */
export function makeLiveReader(cluster: Cluster): (target: LiveTarget) => Promise<LiveState> {
  const closed = new Map<string, Obstacle>();
  const once = async (
    way: Way,
    target: Target,
    ask: () => Promise<LiveState | Failed>,
  ): Promise<LiveState | Failed> => {
    const key = `${way} ${target.namespace}`;
    const known = closed.get(key);
    if (known) return { obstacle: known };
    const answer = await ask();
    if ('obstacle' in answer && answer.obstacle.rights.length > 0) closed.set(key, answer.obstacle);
    return answer;
  };
  return async ({ sidecar, ...identity }) => {
    if (!sidecar) return { kind: 'not-injected' };
    if (sidecar.notRunning !== undefined) return { kind: 'not-running', text: `${sidecar.notRunning}.` };
    const target: Target = { cluster, ...identity, sidecar };
    const proxied = await once('proxy', target, () => byProxy(target));
    if (!('obstacle' in proxied)) return proxied;
    const executed = await once('exec', target, () => byExec(target, proxied.obstacle));
    if (!('obstacle' in executed)) return executed;
    return { kind: 'unknown', obstacles: [await explained(target, proxied), executed.obstacle] };
  };
}

interface Target extends LiveTarget {
  readonly cluster: Cluster;
  readonly sidecar: SidecarFacts;
}

interface Failed {
  readonly obstacle: Obstacle;
  /** The apiserver let the request through, and got no answer of the pod. */
  readonly isClosed?: true;
}

async function byProxy({ cluster, namespace, name, sidecar }: Target): Promise<LiveState | Failed> {
  const port = sidecar.healthPort;
  const path = `${pathOf(namespace, 'pods', `${name}:${port}`)}/proxy${PATHS.status}`;
  try {
    const { status, body } = await cluster.raw(path);
    if (status === 200) return parseStatus('proxy', body);
    const said = messageOf(body);
    if (status === 403 && userOf(said) !== undefined) {
      return lacking('proxy', userOf(said) ?? cluster.user, [
        { ...POD, verb: 'get', resource: 'pods/proxy', namespace },
      ]);
    }
    if (status === 401) return failed('proxy', 'The apiserver does not know the user.', 'Log in again.');
    const why = said === '' ? `HTTP status ${status}` : said;
    return {
      ...failed('proxy', `The apiserver got no answer on port ${port} of the pod: ${why}.`, ''),
      isClosed: true,
    };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return {
      ...failed('proxy', `No answer on port ${port} of the pod by the apiserver: ${error.message}`, ''),
      isClosed: true,
    };
  }
}

async function byExec({ cluster, namespace, name, sidecar }: Target, before: Obstacle): Promise<LiveState | Failed> {
  const command = [PATHS.imageNode, PATHS.imageProber, 'status', `${sidecar.healthPort}`];
  const bounds = { ms: LIMITS.commandExecMs, maxBytes: LIMITS.commandLiveBytes };
  try {
    const request = { namespace, pod: name, container: SIDECAR.name, command, ...bounds };
    const { exitCode, stdout } = await cluster.exec(request);
    if (exitCode === 0 && stdout.startsWith('{')) return parseStatus('exec', stdout);
    const line = stdout.split('\n', 1)[0] ?? '';
    if (line.startsWith('the sidecar does not answer')) {
      return failed(
        'exec',
        `The prober in the container says: ${shorten(line)}.`,
        'Look at the log of the container rolechain.',
      );
    }
    return { kind: 'verdict', text: shorten(line), obstacles: [before] };
  } catch (error) {
    if (!(error instanceof ExecFailed)) throw error;
    if (error.status === 403) return lacking('exec', cluster.user, await lackingForExec(cluster, namespace));
    return failed('exec', `The prober cannot be run in the container: ${error.message}`, '');
  }
}

const POD = { group: '', resource: 'pods' } as const;

/** A WebSocket is a GET; since Kubernetes 1.35 `create` is asked for, too (gate AuthorizePodWebsocketUpgradeCreatePermission). */
async function lackingForExec(cluster: Cluster, namespace: string): Promise<Right[]> {
  const rights = ['create', 'get'].map((verb): Right => ({ ...POD, verb, resource: 'pods/exec', namespace }));
  const allowed = await Promise.all(rights.map((right) => cluster.canI(right).catch(() => true)));
  const missing = rights.filter((_right, index) => !allowed[index]);
  return missing.length > 0 ? missing : rights.slice(0, 1);
}

function lacking(way: Way, user: string, rights: readonly Right[]): Failed {
  const names = rights.map(describeRight);
  const obstacle = {
    way,
    text: `User ${user} cannot ${names.join(', nor ')}.`,
    fix: `Ask for ${names.join(' and ')}.`,
    rights: names,
  };
  return { obstacle };
}

function failed(way: Way, text: string, fix: string): Failed {
  return { obstacle: { way, text, fix, rights: [] } };
}

/** Which policy or mesh may stand between the apiserver and the pod. */
async function explained(
  { cluster, namespace, labels, sidecar }: Target,
  { obstacle, isClosed }: Failed,
): Promise<Obstacle> {
  if (!isClosed) return obstacle;
  const policies = await policiesOver(cluster, namespace, labels).catch(() => undefined);
  const names =
    policies && policies.length > 0 ? `NetworkPolicy ${policies.slice(0, LIMITS.placesNamed).join(', ')}` : undefined;
  const suspects =
    policies === undefined
      ? "a NetworkPolicy, which the user cannot list, or a mesh's strict mTLS"
      : (names ?? "a mesh's strict mTLS");
  return {
    ...obstacle,
    fix: `Let the control plane reach port ${sidecar.healthPort} of the pod: ${suspects} may close it.`,
  };
}

function parseStatus(way: Way, body: string | undefined): LiveState | Failed {
  const problem = 'What the pod answers is not the status of a sidecar.';
  if (body === undefined) return failed(way, `${problem} It has more than ${LIMITS.commandLiveBytes} bytes.`, OTHER);
  try {
    const checked = checkSidecarStatus(JSON.parse(body));
    if (checked.ok) return { kind: 'live', way, status: cleaned(checked.value) };
    return failed(way, `${problem} ${formatProblems(checked.problems)}`, OTHER);
  } catch {
    return failed(way, problem, OTHER);
  }
}

function cleanedError<E extends Readonly<Record<'code' | 'message' | 'fix', string>>>(error: E): E {
  return { ...error, code: plain(error.code), message: plain(error.message), fix: plain(error.fix) };
}

/** A pod may say anything, and a terminal obeys control characters. */
function cleaned(status: SidecarStatus): SidecarStatus {
  const roles = Object.entries(status.roles).map(([name, { error, ...role }]): [string, RoleStatus] => [
    name,
    {
      ...role,
      source: plain(role.source),
      hops: role.hops.map(plain),
      ...(error && { error: cleanedError(error) }),
    },
  ]);
  const { ports } = status;
  return { ...status, roles: Object.fromEntries(roles), ...(ports && { ports: cleanedPorts(ports) }) };
}

function cleanedPorts({ credentials, health, hint }: PortsStatus): PortsStatus {
  const { port, error } = credentials;
  return { credentials: { port, ...(error && { error: cleanedError(error) }) }, health, hint: plain(hint) };
}

const OTHER =
  "Look which container of the pod listens there. Declare the port in that container's ports and recreate the pod: rolechain then takes another.";

const shorten = (line: string): string => plain(line.length > 900 ? `${line.slice(0, 900)} ...` : line);
