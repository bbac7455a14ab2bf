/** One call of STS: a hop of a chain, or the base identity by web identity. */
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  STSClient,
  type Credentials as StsCredentials,
  type STSClientConfig,
} from '@aws-sdk/client-sts';
import { CodedError, LIMITS, stsEndpointOf, type NothingElse } from '@rolechain/shared';
import type { AssumeRoleCall } from '../model/plan.ts';
import type { ProxyEnv } from '../model/proxy.ts';
import { isWorthHolding, type Credentials, type Session } from '../model/session.ts';
import { stsError, type StsCall } from './errors.ts';
import { hearTime, inTime, learnFromSession, readingOf, type StsClock } from './time.ts';

/** A connection, and a whole call to the last byte of its answer: a hanging STS must not hold up the next try. */
const CONNECT_MS = 2_000;
const TOTAL_MS = 5_000;
/**
 * Of a base identity by web identity. Every role allows an hour at least (IAM, maximum session duration), and a
 * shorter base would end before the target's refresh, which then had to come earlier and more often.
 */
const BASE_SESSION_SECONDS = 3600;

/** What every call takes beside its parameters. */
export interface StsOptions {
  /** Instead of the Region's own endpoint; `{region}` in it stands for the Region of the call. */
  readonly endpoint?: string | undefined;
  readonly useFIPSEndpoint?: boolean | undefined;
  readonly useDualstackEndpoint?: boolean | undefined;
  /** Variables of an egress proxy, see proxy.ts. */
  readonly proxyEnv?: ProxyEnv | undefined;
  /** Signs by it, and teaches it. */
  readonly clock: StsClock;
}

/** Which hop of a chain a call is, counted from 1: for the message of an error. */
export type Step = NonNullable<StsCall['step']>;

/**
 * The SDK's settings for calls of ours. One attempt: the role refresher's schedule is the one place that tries
 * again. What would come from a shared config file of a home directory is named, so that none is read.
 */
function stsSettings(options: StsOptions, region: string): STSClientConfig {
  const { endpoint, useFIPSEndpoint = false, useDualstackEndpoint = false, proxyEnv } = options;
  // The next call comes in half an hour or so. An Agent of its own has no proxy unless it is told (Node's http.Agent).
  const agent = { keepAlive: false, ...(proxyEnv ? { proxyEnv } : {}) };
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint: stsEndpointOf(endpoint, region) }),
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint,
    useFipsEndpoint: useFIPSEndpoint,
    userAgentAppId: 'rolechain',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
}

/** AssumeRole, signed with `credentials`. Rejects with one of the Sts… codes. */
export async function assumeRole(
  credentials: Credentials,
  hop: AssumeRoleCall,
  options: StsOptions,
  step?: Step,
): Promise<Session> {
  const { roleARN } = hop;
  const {
    stsRegion: region,
    externalID,
    durationSeconds,
    sourceIdentity,
    ...others
  }: Omit<AssumeRoleCall, Common> = hop;
  const { tags = {}, transitiveTagKeys = [], ...unread } = others;
  const _none: NothingElse = unread;
  const secrets = externalID === undefined ? [] : [externalID];
  const call: StsCall = { action: 'AssumeRole', roleARN, region, secrets, ...(step ? { step } : {}) };
  const pairs = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const command = new AssumeRoleCommand({
    ...commonParameters(hop),
    DurationSeconds: durationSeconds,
    ExternalId: externalID,
    SourceIdentity: sourceIdentity,
    // An empty list would be sent as one.
    ...(pairs.length > 0 ? { Tags: pairs } : {}),
    ...(transitiveTagKeys.length > 0 ? { TransitiveTagKeys: [...transitiveTagKeys] } : {}),
  });
  return perform(call, { ...options, credentials, durationSeconds }, (client, abortSignal) =>
    client.send(command, { abortSignal }),
  );
}

/**
 * What AssumeRoleWithWebIdentity takes: it is not signed, the token is the proof. It has no ExternalId,
 * tags or source identity (STS API reference).
 */
export interface WebIdentity extends Pick<AssumeRoleCall, Common | 'stsRegion'> {
  readonly token: string;
  /** Without it an hour: a base session is kept for the time that its source fails in passing. */
  readonly durationSeconds?: number;
}

/** AssumeRoleWithWebIdentity. Rejects with one of the Sts… codes. */
export async function assumeRoleWithWebIdentity(identity: WebIdentity, options: StsOptions): Promise<Session> {
  const { token, roleARN, stsRegion: region, durationSeconds = BASE_SESSION_SECONDS } = identity;
  const call: StsCall = { action: 'AssumeRoleWithWebIdentity', roleARN, region, secrets: [token] };
  const command = new AssumeRoleWithWebIdentityCommand({
    ...commonParameters(identity),
    DurationSeconds: durationSeconds,
    WebIdentityToken: token,
  });
  return perform(call, { ...options, durationSeconds }, (client, abortSignal) => client.send(command, { abortSignal }));
}

/** Of both calls. */
type Common = 'roleARN' | 'sessionName' | 'policy' | 'policyARNs';

function commonParameters({ roleARN, sessionName, policy, policyARNs = [] }: Pick<AssumeRoleCall, Common>) {
  return {
    RoleArn: roleARN,
    RoleSessionName: sessionName,
    Policy: policy,
    ...(policyARNs.length > 0 ? { PolicyArns: policyARNs.map((arn) => ({ arn })) } : {}),
  };
}

type Send = (client: STSClient, abortSignal: AbortSignal) => Promise<{ Credentials?: StsCredentials | undefined }>;

/** A client a call: it takes 0.2 ms to make, keeps nothing of old credentials, and calls are far apart. */
async function perform(
  call: StsCall,
  options: StsOptions & { credentials?: Credentials; durationSeconds: number },
  send: Send,
): Promise<Session> {
  const { credentials, clock, durationSeconds } = options;
  const { region } = call;
  const client = new STSClient({ ...stsSettings(options, region), ...(credentials ? { credentials } : {}) });
  let asked: Pick<StsCall, 'host' | 'port'> = {};
  const heard = hearTime(client, clock.elapsed, (host, port) => (asked = { host, port }));
  const abortSignal = AbortSignal.timeout(TOTAL_MS);
  const attempt = async (): Promise<Session> => {
    client.config.systemClockOffset = clock.offset();
    const { Credentials: given } = await send(client, abortSignal);
    learnFromSession(clock, heard(), given?.Expiration?.getTime(), durationSeconds);
    return readSession(given, { now: clock.now(), answeredAt: heard()?.time });
  };
  try {
    return await inTime(clock, attempt, (error) => readingOf(error, heard()));
  } catch (error) {
    throw stsError(error, { ...call, ...asked });
  } finally {
    client.destroy();
  }
}

/** When an answer came: milliseconds since 1970. */
export interface AnswerTimes {
  /** By AWS's clock, as far as it is known. */
  readonly now: number;
  /** By the answer's own Date, where it has one that counts. */
  readonly answeredAt?: number | undefined;
}

/** The session in an answer. Throws StsInvalidResponse, and StsClockSkew where it is over by the time here alone, not by the answer's own. Pure. */
export function readSession(credentials: StsCredentials | undefined, { now, answeredAt }: AnswerTimes): Session {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = credentials ?? {};
  const expiresAt = credentials?.Expiration?.getTime();
  if (!accessKeyId || !secretAccessKey || !sessionToken || expiresAt === undefined || Number.isNaN(expiresAt)) {
    throw new CodedError('StsInvalidResponse', 'A member of Credentials is missing.');
  }
  const session = { accessKeyId, secretAccessKey, sessionToken, obtainedAt: now, expiresAt };
  // Served to SDKs it would be an error of theirs at the next call; here it has a name.
  if (!isWorthHolding(session)) throw overOnArrival(expiresAt, { now, answeredAt });
  return session;
}

/**
 * STS gives 15 minutes at least (API reference, DurationSeconds), and says its Date: where that agrees with the session's end a
 * clock is wrong, else the answer is.
 */
function overOnArrival(expiresAt: number, { now, answeredAt }: AnswerTimes): CodedError {
  const agrees = answeredAt !== undefined && expiresAt - answeredAt >= LIMITS.durationMinSeconds * 1000;
  const date = answeredAt === undefined ? 'it has no Date' : `its Date is ${timeText(answeredAt)}`;
  return new CodedError(
    agrees ? 'StsClockSkew' : 'StsInvalidResponse',
    `The session in its answer ends at ${timeText(expiresAt)}, and ${date}; here it is ${timeText(now)}.`,
  );
}

const timeText = (time: number): string => new Date(time).toISOString();
