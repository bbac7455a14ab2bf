/**
 * Double of AWS STS, over a real socket: AssumeRole, AssumeRoleWithWebIdentity and GetCallerIdentity in the query
 * protocol (POST), answered in STS's XML with its status codes and wording.
 *
 * Checks: the SigV4 signature (sigv4.ts), the caller's session token and its expiry, the limits of the parameters
 * (sts-parameters.ts), trust policy and permissions (trust.ts), web identity tokens (web-identity.ts), role chaining's
 * one hour and the role's MaxSessionDuration. The credentials it hands out are good for calling it again.
 *
 * Does not check: what the credentials may do anywhere else, MFA, quotas, that a Region is enabled. Does not speak
 * GET, TLS or any other action. Its state is one set of roles, whatever account they are in.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { actOut, createFaults, nameOfFault, type FaultControls } from './faults.ts';
import { checkRole, type RoleFixture, type TrustPolicy } from './iam.ts';
import { headerLines, listen, readBody, type ListenOptions } from './listen.ts';
import { isSecret } from '@rolechain/kit/record.ts';
import { verifySignature, type Verdict } from './sigv4.ts';
import { answerAction, mintRoleSession, type Outcome, type StsState } from './sts-actions.ts';
import { errorXml, successXml } from './sts-answers.ts';
import { signatureError } from './sts-errors.ts';
import { createKeyring, type HeldKey } from './sts-keyring.ts';
import { readParameters, type Parameters } from './sts-parameters.ts';
import { trustsService, type Tags } from './trust.ts';
import type { OidcProvider } from './web-identity.ts';

export type StsOptions = ListenOptions & {
  /** Region of the endpoint: a signature for another one is refused. Without it any Region will do. */
  region?: string;
  roles: readonly RoleFixture[];
  oidc?: readonly OidcProvider[];
  /** Milliseconds. Everything follows it: expiry, age of signatures, the Date header that SDKs set their clock by. */
  clock?: () => number;
  /** Lifetime handed out in place of the one asked for, so that a test sees refreshes. The checks stay as they are. */
  sessionSeconds?: number;
};

/** One request as recorded. `answer` is `ok`, the error code or the fault's name; `reason` is the double's own. */
export type StsRequest = {
  action: string;
  parameters: Parameters;
  time: number;
  signature: 'valid' | 'none' | Extract<Verdict, { ok: false }>['code'];
  callerArn?: string;
  userAgent?: string;
  answer: string;
  reason?: string;
};

export type IssueRequest = {
  roleArn: string;
  sessionName: string;
  /** 3600 by default; `sessionSeconds` of the double does not change it. */
  durationSeconds?: number;
  tags?: Tags;
  transitiveTagKeys?: readonly string[];
  sourceIdentity?: string;
};

/** Credentials as a test hands them on. */
export type IssuedCredentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
  accountId: string;
  /** ARN of the session. */
  arn: string;
};

export type StsDouble = FaultControls<StsRequest> & {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly StsRequest[];
  /** Every secret key and session token that was handed out: what no log may hold. */
  secrets(): string[];
  /** Base credentials: a session of a role, without asking its trust policy. Throws when the role is unknown. */
  issue: (request: IssueRequest) => IssuedCredentials;
  /** Long-term keys of a user, who may assume what `permissions` say. */
  issueUser: (
    userArn: string,
    permissions?: RoleFixture['permissions'],
  ) => Pick<HeldKey, 'accessKeyId' | 'secretAccessKey'>;
  /** Whether a role lets an AWS service assume it with these tags. */
  trustsService: (roleArn: string, service: string, tags: Tags) => boolean;
  /** Adds a role, or replaces the one of that ARN. */
  setRole: (role: RoleFixture) => void;
  setTrust: (roleArn: string, trust: TrustPolicy) => void;
  /** Its sessions are worth nothing from now on. */
  removeRole: (roleArn: string) => void;
  setSessionSeconds: (seconds: number | undefined) => void;
  now: () => number;
  close: () => Promise<void>;
};

/** Starts the double. Throws a TypeError on a role that it could not judge. */
export async function startSts(options: StsOptions): Promise<StsDouble> {
  const state: StsState = {
    roles: new Map(),
    userPermissions: new Map(),
    keyring: createKeyring(),
    oidc: options.oidc ?? [],
    now: options.clock ?? Date.now,
    sessionSeconds: options.sessionSeconds,
  };
  const requests: StsRequest[] = [];
  const faults = createFaults<StsRequest>();
  const setRole = (role: RoleFixture): void => {
    checkRole(role);
    state.roles.set(role.arn, role);
  };
  options.roles.forEach(setRole);

  const server = await listen(async (request, response, closing) => {
    const received = await receive(request, state, options.region);
    requests.push(received.record);
    const finish = (outcome: Outcome): void => send(response, received.record, outcome, state.now());
    const fault = faults.take(received.record);
    if (fault !== undefined) received.record.answer = nameOfFault(fault);
    if (await actOut(fault, response, closing, (error) => finish({ error }))) return;
    finish(received.refusal ?? answerAction(state, received.record.action, received.record.parameters, received.key));
  }, options);

  return {
    url: server.url,
    port: server.port,
    requests,
    secrets: state.keyring.secrets,
    failNext: faults.failNext,
    failWhen: faults.failWhen,
    heal: faults.heal,
    issue: (request) => issue(state, request),
    issueUser: (userArn, permissions = []) => {
      state.userPermissions.set(userArn, permissions);
      const { accessKeyId, secretAccessKey } = state.keyring.mintUser(userArn);
      return { accessKeyId, secretAccessKey };
    },
    trustsService: (roleArn, service, tags) => trustsService(state.roles.get(roleArn), service, tags),
    setRole,
    setTrust: (roleArn, trust) => {
      setRole({ ...known(state, roleArn), trust });
    },
    removeRole: (roleArn) => {
      state.roles.delete(known(state, roleArn).arn);
    },
    setSessionSeconds: (seconds) => {
      state.sessionSeconds = seconds;
    },
    now: state.now,
    close: server.close,
  };
}

function known(state: StsState, roleArn: string): RoleFixture {
  const role = state.roles.get(roleArn);
  if (role === undefined) throw new TypeError(`the STS double knows no role ${roleArn}: give it in roles or setRole`);
  return role;
}

function issue(state: StsState, request: IssueRequest): IssuedCredentials {
  const { roleArn, sessionName, durationSeconds = 3600, sourceIdentity } = request;
  known(state, roleArn);
  const carried = {
    tags: request.tags ?? {},
    transitiveTagKeys: request.transitiveTagKeys ?? [],
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
  };
  const key = mintRoleSession(state, roleArn, sessionName, durationSeconds, carried);
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt, holder } = key;
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken,
    expiration: new Date(expiresAt),
    accountId: holder.accountId,
    arn: holder.arn,
  };
}

type Received = { record: StsRequest; key: HeldKey | undefined; refusal: Outcome | undefined };

/** Reads a request and verifies its signature. Only AssumeRoleWithWebIdentity needs none, as in AWS. */
async function receive(request: IncomingMessage, state: StsState, region: string | undefined): Promise<Received> {
  const body = await readBody(request);
  const parameters = readParameters(body);
  isSecret('ServiceAccount token', parameters.WebIdentityToken ?? '');
  const { method = '', url = '/', headers } = request;
  const record: StsRequest = {
    action: parameters.Action ?? '',
    parameters,
    time: state.now(),
    signature: 'none',
    ...(headers['user-agent'] === undefined ? {} : { userAgent: headers['user-agent'] }),
    answer: 'pending',
  };
  if (method !== 'POST') {
    const message = `this double speaks POST only, not ${method}`;
    return { record, key: undefined, refusal: { error: { status: 405, code: 'MethodNotAllowed', message } } };
  }
  if (record.action === 'AssumeRoleWithWebIdentity') return { record, key: undefined, refusal: undefined };
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  const lookup = (accessKeyId: string): HeldKey | undefined => usableKey(state, accessKeyId);
  const verdict = verifySignature(
    { method, path, query, headers: headerLines(request), body },
    { service: 'sts', ...(region === undefined ? {} : { region }), now: state.now(), lookup },
  );
  if (!verdict.ok) {
    if (verdict.code !== 'MissingAuthenticationToken') record.signature = verdict.code;
    return { record, key: undefined, refusal: { error: signatureError(verdict.code, verdict.message) } };
  }
  const key = lookup(verdict.accessKeyId);
  record.signature = 'valid';
  if (key !== undefined) record.callerArn = key.holder.arn;
  return { record, key, refusal: undefined };
}

/** A key whose role is gone is as good as none. */
function usableKey(state: StsState, accessKeyId: string): HeldKey | undefined {
  const key = state.keyring.find(accessKeyId);
  const roleArn = key?.holder.roleArn;
  return roleArn === undefined || state.roles.has(roleArn) ? key : undefined;
}

function send(response: ServerResponse, record: StsRequest, outcome: Outcome, now: number): void {
  const requestId = randomUUID();
  const failed = 'error' in outcome;
  const delayed = record.answer === 'delay';
  if (record.answer === 'pending' || delayed) record.answer = failed ? outcome.error.code : 'ok';
  if (failed && outcome.reason !== undefined) record.reason = outcome.reason;
  response.writeHead(failed ? outcome.error.status : 200, {
    'content-type': 'text/xml',
    'x-amzn-requestid': requestId,
    date: new Date(now).toUTCString(),
  });
  response.end(failed ? errorXml(outcome.error, requestId) : successXml(record.action, outcome.result, requestId));
}
