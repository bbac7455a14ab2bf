/**
 * Double of the EKS Pod Identity agent and of the EKS Auth service behind it, over a real socket:
 * `GET /v1/credentials` with a ServiceAccount token, answered with the agent's shapes.
 *
 * Checks, in the agent's order: the Host header; that the token is there, is a JWT and lies between `nbf` and `exp`
 * (the agent's part, plain text 400); then EKS Auth's part with its error form: audience `pods.eks.amazonaws.com`, the
 * signature where keys are given, that the token is bound to a pod, the association of its ServiceAccount, and that
 * the role trusts `pods.eks.amazonaws.com`. The credentials are sessions of the STS double, with EKS's session tags,
 * all transitive. As in the agent, one raw token gets the same credentials until they are renewed.
 *
 * Does not check: that pod and ServiceAccount of the token exist (it asks no cluster). Does not limit rates, keep its
 * cache to a size, renew in the background, or assume a target role for an association. The texts of EKS Auth's errors
 * other than AccessDenied are our own; codes and statuses are AWS's.
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { actOut, createFaults, nameOfFault, type FaultControls } from './faults.ts';
import { POD_IDENTITY_SERVICE } from './fixtures.ts';
import { decodeJwt, signedByOneOf, type VerifyingKey } from './jwt.ts';
import { listen, type ListenOptions } from './listen.ts';
import type { IssuedCredentials, StsDouble } from './sts.ts';
import type { Tags } from './trust.ts';

export type Association = { namespace: string; serviceAccount: string; roleArn: string };

export type AgentOptions = ListenOptions & {
  sts: Pick<StsDouble, 'issue' | 'trustsService' | 'now'>;
  associations: readonly Association[];
  clusterName?: string;
  clusterArn?: string;
  /** Keys of the cluster's token issuer. Without them any signature is taken. */
  keys?: readonly VerifyingKey[];
  /** Host names that may be asked for; a port behind them is ignored. `false` takes any. */
  hosts?: readonly string[] | false;
  /** Lifetime of the credentials; EKS gives six hours. */
  sessionSeconds?: number;
  /** Same credentials for the same token, as the agent does; `false` makes each request reach EKS Auth. */
  cache?: boolean;
  /** EKS's six session tags; `false` is an association with `disableSessionTags`. */
  sessionTags?: boolean;
  /** Milliseconds; the clock of the STS double by default. */
  clock?: () => number;
};

/** One request as recorded. `answer` is `ok`, the error code or text, or the fault's name. */
export type AgentRequest = {
  path: string;
  host: string;
  time: number;
  token: string;
  subject?: string;
  /** Answered from the cache. */
  cached: boolean;
  answer: string;
};

export type AgentDouble = FaultControls<AgentRequest> & {
  /** Of the server; the credentials are at `credentialsUrl`. */
  readonly url: string;
  readonly credentialsUrl: string;
  readonly port: number;
  readonly requests: readonly AgentRequest[];
  /** Adds an association, or replaces the one of that ServiceAccount. */
  associate: (association: Association) => void;
  /** Credentials in the cache outlive their association, as in the agent. */
  dissociate: (namespace: string, serviceAccount: string) => void;
  close: () => Promise<void>;
};

const PATH = '/v1/credentials';
const AUDIENCE = POD_IDENTITY_SERVICE;
const SIX_HOURS = 6 * 3600;
/** The agent renews at three hours at the latest, and gives nothing out with less than 15 seconds left. */
const RENEW_AFTER_MS = 3 * 3600_000;
const UNUSABLE_MS = 15_000;
const HOSTS = ['127.0.0.1', '169.254.170.23', 'fd00:ec2::23'];

/** What the agent sends when it sends no credentials. Without `code` the text stands alone. */
type Failure = { status: number; code: string; message: string };
type CacheEntry = { credentials: IssuedCredentials; fetchedAt: number };
type State = AgentOptions & { byAccount: Map<string, string>; cached: Map<string, CacheEntry>; now: () => number };

/** Starts the double. */
export async function startAgent(options: AgentOptions): Promise<AgentDouble> {
  const state: State = {
    ...options,
    byAccount: new Map(),
    cached: new Map(),
    now: options.clock ?? options.sts.now,
  };
  const associate = ({ namespace, serviceAccount, roleArn }: Association): void => {
    state.byAccount.set(subjectOf(namespace, serviceAccount), roleArn);
  };
  options.associations.forEach(associate);
  const requests: AgentRequest[] = [];
  const faults = createFaults<AgentRequest>();

  const server = await listen(async (request, response, closing) => {
    const { url: path = '', headers } = request;
    const token = headers.authorization ?? '';
    const record: AgentRequest = {
      path,
      host: headers.host ?? '',
      time: state.now(),
      token,
      ...withSubject(token),
      cached: false,
      answer: 'pending',
    };
    requests.push(record);
    const fault = faults.take(record);
    if (fault !== undefined) record.answer = nameOfFault(fault);
    if (await actOut(fault, response, closing, (failure) => sendFailure(response, failure))) return;
    const answer = answerRequest(state, record);
    const failed = 'status' in answer;
    record.answer = failed ? answer.code || answer.message : 'ok';
    if (failed) sendFailure(response, answer);
    else sendCredentials(response, answer);
  }, options);

  return {
    url: server.url,
    credentialsUrl: `${server.url}${PATH}`,
    port: server.port,
    requests,
    failNext: faults.failNext,
    failWhen: faults.failWhen,
    heal: faults.heal,
    associate,
    dissociate: (namespace, serviceAccount) => {
      state.byAccount.delete(subjectOf(namespace, serviceAccount));
    },
    close: server.close,
  };
}

function subjectOf(namespace: string, serviceAccount: string): string {
  return `system:serviceaccount:${namespace}:${serviceAccount}`;
}

function withSubject(token: string): { subject?: string } {
  const subject = decodeJwt(token)?.claims.sub;
  return typeof subject === 'string' ? { subject } : {};
}

/** The agent's own checks, then the cache, then EKS Auth. */
function answerRequest(state: State, record: AgentRequest): IssuedCredentials | Failure {
  if (record.path.split('?')[0] !== PATH) return bare(404, '404 page not found');
  const hosts = state.hosts ?? [...HOSTS, state.address ?? ''];
  if (hosts !== false && !hosts.includes(hostName(record.host))) {
    const text = `Called agent through invalid address, please use either [${hosts.join(' ')}] address not ${hostName(record.host)}`;
    return bare(403, `Access Denied. ${text}`);
  }
  const unfit = checkToken(record.token, state.now());
  if (unfit !== undefined) return bare(400, unfit);
  const hit = state.cached.get(record.token);
  if (hit !== undefined && usable(hit, state.now())) {
    record.cached = true;
    return hit.credentials;
  }
  const answer = askEksAuth(state, record.token);
  if (!('status' in answer) && state.cache !== false) {
    state.cached.set(record.token, { credentials: answer, fetchedAt: state.now() });
  }
  return answer;
}

function usable({ credentials, fetchedAt }: CacheEntry, now: number): boolean {
  return now - fetchedAt < RENEW_AFTER_MS && credentials.expiration.getTime() - now >= UNUSABLE_MS;
}

/** `host:port`, `[v6]:port` and either without its port. */
function hostName(host: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '');
}

/** Why the agent itself refuses a token, in its words. */
function checkToken(token: string, now: number): string | undefined {
  if (token === '') return 'Service account token cannot be empty';
  const claims = decodeJwt(token)?.claims;
  if (claims === undefined) {
    const why =
      token.split('.').length === 3 ? 'could not JSON decode' : 'token contains an invalid number of segments';
    return `Service account token cannot be parsed: token is malformed: ${why}`;
  }
  const failed = 'Service account token failed basic claim validations: ';
  if (typeof claims.exp === 'number' && claims.exp * 1000 <= now) return `${failed}token is expired`;
  if (typeof claims.nbf === 'number' && claims.nbf * 1000 > now) return `${failed}token is not valid yet`;
  return undefined;
}

/** AssumeRoleForPodIdentity of the EKS Auth API. */
function askEksAuth(state: State, token: string): IssuedCredentials | Failure {
  const claims = decodeJwt(token)?.claims ?? {};
  if (![claims.aud].flat().includes(AUDIENCE)) {
    return { status: 400, code: 'InvalidTokenException', message: `The audience of the token is not ${AUDIENCE}` };
  }
  if (state.keys !== undefined && !signedByOneOf(token, state.keys)) {
    return { status: 400, code: 'InvalidTokenException', message: 'The signature of the token is not valid' };
  }
  if (podOf(claims).uid === '') {
    return { status: 400, code: 'InvalidTokenException', message: 'The token is not bound to a pod' };
  }
  const subject = String(claims.sub);
  const roleArn = state.byAccount.get(subject);
  if (roleArn === undefined) {
    const message = `No pod identity association found for ${subject}`;
    return { status: 404, code: 'ResourceNotFoundException', message };
  }
  const tags = state.sessionTags === false ? {} : eksTags(state, claims);
  if (!state.sts.trustsService(roleArn, POD_IDENTITY_SERVICE, tags)) {
    const message = 'Unauthorized Exception! EKS does not have permissions to assume the associated role.';
    return { status: 400, code: 'AccessDeniedException', message };
  }
  return state.sts.issue({
    roleArn,
    sessionName: sessionName(state.clusterName ?? 'demo', podOf(claims).name),
    durationSeconds: state.sessionSeconds ?? SIX_HOURS,
    tags,
    transitiveTagKeys: Object.keys(tags),
  });
}

/** The tags of the EKS User Guide, "pod-id-abac". */
function eksTags(state: State, claims: Record<string, unknown>): Tags {
  const [, , namespace = '', serviceAccount = ''] = String(claims.sub).split(':');
  const clusterName = state.clusterName ?? 'demo';
  const pod = podOf(claims);
  return {
    'eks-cluster-arn': state.clusterArn ?? `arn:aws:eks:eu-central-1:111111111111:cluster/${clusterName}`,
    'eks-cluster-name': clusterName,
    'kubernetes-namespace': namespace,
    'kubernetes-service-account': serviceAccount,
    'kubernetes-pod-name': pod.name,
    'kubernetes-pod-uid': pod.uid,
  };
}

function podOf(claims: Record<string, unknown>): { name: string; uid: string } {
  const { pod } = (claims['kubernetes.io'] ?? {}) as { pod?: { name?: string; uid?: string } };
  return { name: pod?.name ?? '', uid: pod?.uid ?? '' };
}

/** `eks-<cluster>-<pod>-<uuid>`, cut in the middle to the 64 characters of a session name. */
function sessionName(clusterName: string, podName: string): string {
  const uuid = randomUUID();
  return `${`eks-${clusterName}-${podName}`.slice(0, 64 - uuid.length - 1)}-${uuid}`;
}

function bare(status: number, message: string): Failure {
  return { status, code: '', message };
}

/** Expiration as Go's RFC3339Nano writes a whole second: without a fraction. */
function sendCredentials(response: ServerResponse, credentials: IssuedCredentials): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      Token: credentials.sessionToken,
      AccountId: credentials.accountId,
      Expiration: credentials.expiration.toISOString().replace('.000Z', 'Z'),
    }),
  );
}

/** As Go's http.Error writes it; EKS Auth's errors with request id, code and whose fault it is. */
function sendFailure(response: ServerResponse, { status, code, message }: Failure): void {
  const fault = status < 500 ? 'client' : 'server';
  const text = code === '' ? message : `[${randomUUID()}]: (${code}): ${message}, fault: ${fault}`;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(`${text}\n`);
}
