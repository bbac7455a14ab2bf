/**
 * `credentialSource: environment`: a Secret of the pod's namespace, mounted as files into the sidecar
 * alone. The process's own environment is not read: in a pod it is the webhook's to write, and what
 * another webhook puts there (EKS's does) must not become an identity. Only static keys and the
 * credential_process of the chosen profile are used. The SDK's parser reads the files; its chain of
 * providers, which ends at the node's metadata, never sees them.
 */
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromProcess } from '@aws-sdk/credential-provider-process';
import { parseKnownFiles } from '@smithy/core/config';
import { CodedError, ENV, LIMITS } from '@rolechain/shared';
import type { Credentials, Source } from '../session.ts';
import { oneLine, sentence } from '../text.ts';
import { credentialsOf, unsafeSection } from './profiles.ts';
import { errorCode } from './token-file.ts';

/** A credential_process has no time limit of its own in the SDK. */
const PROVIDER_MS = 20_000;

const FILES = ['config', 'credentials'] as const;

/** Where the SDK's parser finds them. */
interface SharedFiles {
  readonly configFilepath: string;
  readonly filepath: string;
  readonly ignoreCache: true;
}

/** The kubelet is a minute between two changes: one that comes again and again is not its. */
const READS_AT_MOST = 3;

/**
 * The Secret that is mounted at `folder`. Read at every use, since the kubelet follows changes of it. Rejects with the
 * Environment… codes.
 */
export function environment(folder: string): Source {
  // A command that hangs is waited for, not joined by another.
  let running: Promise<Credentials> | undefined;
  const fromCommand = (profile: string, files: SharedFiles): Promise<Credentials> => {
    running ??= runProcess(profile, files).finally(() => (running = undefined));
    return withLimit(running);
  };

  const readAt = async (at: string): Promise<Credentials> => {
    const read = (name: string): Promise<string> => readSecretFile(join(at, name));
    const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
      read(ENV.accessKeyID),
      read(ENV.secretAccessKey),
      read(ENV.sessionToken),
    ]);
    if (accessKeyId && secretAccessKey) {
      return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
    }
    const texts = await Promise.all([read('config'), read('credentials')]);
    if (texts.every((text) => text === '')) throw new CodedError('EnvironmentEmpty');
    for (const [index, text] of texts.entries()) checkFile(FILES[index] ?? '', text);
    const profile = (await read(ENV.profile)) || 'default';
    const files = { configFilepath: join(at, 'config'), filepath: join(at, 'credentials'), ignoreCache: true } as const;
    const given = credentialsOf(profile, await parseKnownFiles(files));
    return given === 'process' ? fromCommand(profile, files) : given;
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

/** Before the SDK's parser sees it. */
function checkFile(name: string, text: string): void {
  if (Buffer.byteLength(text) > LIMITS.environmentFileBytes) {
    throw new CodedError('EnvironmentInvalid', `${name} is over ${LIMITS.environmentFileBytes / 1024} KiB.`);
  }
  const section = unsafeSection(text);
  if (section !== undefined) {
    throw new CodedError('EnvironmentInvalid', `${name} has a section [${section}]: no profile may be called so.`);
  }
}

/** The credential_process of a profile. Its environment is the sidecar's own, which leads to no metadata (inputs.ts). */
async function runProcess(profile: string, files: SharedFiles): Promise<Credentials> {
  try {
    return fromOutput(await fromProcess({ ...files, profile })());
  } catch (error) {
    // A command that failed is repeated with its arguments and its output, and either may hold a secret: only what the
    // SDK itself says is told.
    const reason = error instanceof Error ? error.message : '';
    const detail = reason.startsWith('Profile ') ? sentence(oneLine(reason, 300)) : 'credential_process failed.';
    throw error instanceof CodedError ? error : new CodedError('EnvironmentFailed', detail);
  }
}

/** The SDK checks that the members are there, not what they are. */
function fromOutput({ accessKeyId, secretAccessKey, sessionToken, expiration }: ProcessIdentity): Credentials {
  const texts = [accessKeyId, secretAccessKey, sessionToken ?? ''];
  const expiresAt = expiration?.getTime();
  if (texts.some((text: unknown) => typeof text !== 'string') || Number.isNaN(expiresAt)) {
    throw new CodedError('EnvironmentFailed', 'credential_process gave a key or an Expiration of a wrong form.');
  }
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** The SDK's shape: its optional members may be there and undefined. */
type ProcessIdentity = Awaited<ReturnType<ReturnType<typeof fromProcess>>>;

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
