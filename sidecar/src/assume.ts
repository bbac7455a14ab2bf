/** One call of STS: a hop of a chain, or the base identity by web identity. */
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  STSClient,
  type Credentials as StsCredentials,
  type STSClientConfig,
} from '@aws-sdk/client-sts';
import { CodedError } from '@rolechain/shared';
import type { HopPlan } from './plan.ts';
import type { Credentials, Session } from './session.ts';
import { stsError, type StsCall } from './sts-errors.ts';

/** A connection, and a whole call to the last byte of its answer: a hanging STS must not hold up the next try. */
const CONNECT_MS = 2_000;
const TOTAL_MS = 5_000;
/** The base session signs one call, at once: the shortest that STS gives. */
const BASE_SESSION_SECONDS = 900;

/** What every call takes beside its parameters. */
export interface StsOptions {
  /** Instead of the Region's own endpoint. */
  readonly endpoint?: string | undefined;
  readonly now: () => number;
}

/**
 * The SDK's settings for calls of ours. One attempt: the keeper's schedule is the one place that tries
 * again. What would come from a shared config file of a home directory is named, so that none is read.
 */
function stsSettings(endpoint: string | undefined): STSClientConfig {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: 'rolechain',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      // The next call comes in half an hour or so.
      httpAgent: { keepAlive: false },
      httpsAgent: { keepAlive: false },
    },
  };
}

/** AssumeRole, signed with `credentials`. Rejects with one of the Sts… codes. */
export async function assumeRole(credentials: Credentials, hop: HopPlan, options: StsOptions): Promise<Session> {
  const secrets = hop.externalID === undefined ? [] : [hop.externalID];
  const call: StsCall = { action: 'AssumeRole', roleARN: hop.roleARN, region: hop.stsRegion, secrets };
  const command = new AssumeRoleCommand({
    RoleArn: hop.roleARN,
    RoleSessionName: hop.sessionName,
    DurationSeconds: hop.durationSeconds,
    ExternalId: hop.externalID,
  });
  return perform(call, { ...options, credentials }, (client, abortSignal) => client.send(command, { abortSignal }));
}

/** What AssumeRoleWithWebIdentity takes: it is not signed, the token is the proof. */
export interface WebIdentity {
  readonly token: string;
  readonly roleARN: string;
  readonly sessionName: string;
  readonly stsRegion: string;
}

/** AssumeRoleWithWebIdentity. Rejects with one of the Sts… codes. */
export async function assumeRoleWithWebIdentity(identity: WebIdentity, options: StsOptions): Promise<Session> {
  const { token, roleARN, sessionName, stsRegion: region } = identity;
  const call: StsCall = { action: 'AssumeRoleWithWebIdentity', roleARN, region, secrets: [token] };
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleARN,
    RoleSessionName: sessionName,
    WebIdentityToken: token,
    DurationSeconds: BASE_SESSION_SECONDS,
  });
  return perform(call, options, (client, abortSignal) => client.send(command, { abortSignal }));
}

type Send = (client: STSClient, abortSignal: AbortSignal) => Promise<{ Credentials?: StsCredentials | undefined }>;

/** A client a call: it takes 0.2 ms to make, keeps nothing of old credentials, and calls are far apart. */
async function perform(
  call: StsCall,
  options: StsOptions & { credentials?: Credentials },
  send: Send,
): Promise<Session> {
  const { credentials, endpoint, now } = options;
  const { region } = call;
  const client = new STSClient({ ...stsSettings(endpoint), region, ...(credentials ? { credentials } : {}) });
  try {
    const answer = await send(client, AbortSignal.timeout(TOTAL_MS));
    return readSession(answer.Credentials, now());
  } catch (error) {
    throw stsError(error, call);
  } finally {
    client.destroy();
  }
}

/** The session in an answer. Throws StsNonsense. Pure. */
export function readSession(credentials: StsCredentials | undefined, now: number): Session {
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = credentials ?? {};
  const expiresAt = credentials?.Expiration?.getTime();
  if (!accessKeyId || !secretAccessKey || !sessionToken || expiresAt === undefined || Number.isNaN(expiresAt)) {
    throw new CodedError('StsNonsense', 'A member of Credentials is missing.');
  }
  // Served to SDKs it would be an error of theirs at the next call; here it has a name.
  if (expiresAt <= now) throw new CodedError('StsNonsense', "The session ended in the past, by this node's clock.");
  return { accessKeyId, secretAccessKey, sessionToken, obtainedAt: now, expiresAt };
}
