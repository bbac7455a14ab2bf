/**
 * `credentialSource: environment`: a Secret of the pod's namespace, mounted as files into the sidecar
 * alone. The process's own environment is not read: in a pod it is the webhook's to write, and what
 * another webhook puts there (EKS's does) must not become an identity. Only static keys, and the ini
 * and process providers of the SDK are used, never web identity, container or instance metadata.
 */
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { CodedError, ENV } from '@rolechain/shared';
import { assumeRole, type StsOptions } from '../assume.ts';
import type { Credentials, Session, Source } from '../session.ts';
import { oneLine, sentence } from '../text.ts';
import { findForbidden } from './profiles.ts';
import { errorCode } from './token-file.ts';

/** A credential_process has no time limit of its own in the SDK. */
const PROVIDER_MS = 20_000;

export interface EnvironmentOptions {
  /** Where the Secret is mounted. */
  readonly folder: string;
  /** Region of AssumeRole calls that a profile asks for. */
  readonly stsRegion: string;
  readonly sts: StsOptions;
}

/** The kubelet is a minute between two changes: one that comes again and again is not its. */
const READS_AT_MOST = 3;

/** Read at every use, since the kubelet follows changes of the Secret. Rejects with the Environment… or Sts… codes. */
export function environment(options: EnvironmentOptions): Source {
  const { folder } = options;
  // A provider that hangs is waited for, not joined by another: each may have started a process.
  let running: Promise<Credentials> | undefined;
  const fromFiles = async (profile: string, at: string): Promise<Credentials> => {
    running ??= provide(profile, { ...options, folder: at }).finally(() => (running = undefined));
    return withLimit(running);
  };

  const readAt = async (at: string): Promise<Credentials> => {
    const read = (name: string): Promise<string> => readSecretFile(join(at, name));
    const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
      read(ENV.accessKeyID),
      read(ENV.secretAccessKey),
      read(ENV.sessionToken),
    ]);
    if (accessKeyId && secretAccessKey) return pick({ accessKeyId, secretAccessKey, sessionToken });
    const files = await Promise.all([read('config'), read('credentials')]);
    if (files.every((file) => file === '')) throw new CodedError('EnvironmentEmpty');
    const name = (await read(ENV.profile)) || 'default';
    const forbidden = findForbidden(name, files);
    if (forbidden) {
      throw new CodedError('EnvironmentForbidden', `Profile ${forbidden.profile} sets ${forbidden.key}.`);
    }
    return fromFiles(name, at);
  };

  return async () => {
    for (let reads = 1; ; reads++) {
      const at = await folderNow(folder);
      const [read] = await Promise.allSettled([readAt(at)]);
      if (reads < READS_AT_MOST && at !== (await folderNow(folder))) continue;
      if (read.status === 'fulfilled') return read.value;
      throw read.reason;
    }
  };
}

/**
 * Where the files are now. The kubelet writes a changed Secret into a new folder, moves `..data` over to it and removes
 * the old one (Kubernetes, pkg/volume/util/atomic_writer.go). All files of a read must be of one folder: the id of one
 * Secret with the key of the next is no pair, and a removed folder looks like a Secret that is gone.
 */
async function folderNow(folder: string): Promise<string> {
  try {
    return await realpath(join(folder, '..data'));
  } catch {
    return folder;
  }
}

/** The file without white space around it (`kubectl create secret --from-file` keeps newlines); empty when absent. */
async function readSecretFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw new CodedError('EnvironmentFailed', `${path}: ${errorCode(error)}.`);
  }
}

/** The SDK's ini and process providers on these files; AssumeRole calls that a profile asks for are ours. */
async function provide(profile: string, { folder, stsRegion, sts }: EnvironmentOptions): Promise<Credentials> {
  const reasons: string[] = [];
  // A new provider each time, since it caches what it once read. A named profile keeps it off process.env's keys.
  const provider = defaultProvider({
    profile,
    filepath: join(folder, 'credentials'),
    configFilepath: join(folder, 'config'),
    ignoreCache: true,
    roleAssumer: async (credentials, { RoleArn, RoleSessionName, ExternalId, DurationSeconds = 3600 }) =>
      sdkIdentity(
        await assumeRole(
          pick(credentials),
          {
            roleARN: RoleArn,
            sessionName: RoleSessionName,
            durationSeconds: DurationSeconds,
            stsRegion,
            ...(ExternalId === undefined ? {} : { externalID: ExternalId }),
          },
          sts,
        ),
      ),
    logger: reasonListener(reasons),
  });
  try {
    return pick(await provider());
  } catch (error) {
    throw error instanceof CodedError ? error : failed(reasons[0] ?? '');
  }
}

/** The SDK calls an end `expiration`. */
function sdkIdentity({ expiresAt, ...keys }: Session): Session & { expiration: Date } {
  return { ...keys, expiresAt, expiration: new Date(expiresAt) };
}

function pick({ accessKeyId, secretAccessKey, sessionToken, expiration }: AwsIdentity): Credentials {
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
    ...(expiration ? { expiresAt: expiration.getTime() } : {}),
  };
}

/** The SDK's shape: its optional members may be there and undefined. */
interface AwsIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** The links of the chain that never apply here; what comes after them is the reason. */
const SKIPPED = /skipping fromEnv|Skipping SSO/;

/**
 * The chain ends with "could not load credentials from any providers"; why a link gave none is told to
 * the logger alone (@smithy/core, ProviderError).
 */
function reasonListener(
  reasons: string[],
): Record<'trace' | 'debug' | 'info' | 'warn' | 'error', (text: unknown) => void> {
  const ignore = (): void => undefined;
  const debug = (text: unknown): void => {
    const reason = /^@smithy\/property-provider \S+ (.*)/s.exec(String(text))?.[1];
    if (reason !== undefined && !SKIPPED.test(reason)) reasons.push(reason);
  };
  return { trace: ignore, debug, info: ignore, warn: ignore, error: ignore };
}

/** What a command did, which may go well the next time; every other reason is what the files say. */
const COMMAND_FAILED = /^Command failed|credential_process (?:returned|did not return)/;

function failed(reason: string): CodedError {
  // A command that failed is repeated with its arguments and its output, and either may hold a secret.
  const detail = reason.startsWith('Command failed') ? 'credential_process failed.' : sentence(oneLine(reason, 300));
  return new CodedError(COMMAND_FAILED.test(reason) ? 'EnvironmentFailed' : 'EnvironmentInvalid', detail);
}

async function withLimit<T>(work: Promise<T>): Promise<T> {
  const limit = new AbortController();
  const tooLate = sleep(PROVIDER_MS, undefined, { signal: limit.signal }).then(() => {
    throw new CodedError('EnvironmentFailed', `There was no answer within ${PROVIDER_MS / 1000} s.`);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    tooLate.catch(() => undefined);
    limit.abort();
  }
}
