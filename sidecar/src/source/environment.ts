/**
 * `credentialSource: environment`: a Secret of the pod's namespace, mounted as files into the sidecar
 * alone. The process's own environment is not read: in a pod it is the webhook's to write, and what
 * another webhook puts there (EKS's does) must not become an identity. Only static keys and the
 * credential_process of the chosen profile are used. The SDK's parser reads the files; its chain of
 * providers, which ends at the node's metadata, never sees them.
 */
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { parseKnownFiles } from '@smithy/core/config';
import { CodedError, ENV, LIMITS } from '@rolechain/shared';
import type { Credentials, HasEnded, Source } from '../model/session.ts';
import { credentialsOf, unsafeSection } from './profiles.ts';
import { runProcess, withLimit } from './process.ts';
import { errorCode } from '../model/coded.ts';

const FILES = ['config', 'credentials'] as const;

/** The kubelet is a minute between two changes: one that comes again and again is not its. */
const READS_AT_MOST = 3;

/**
 * The Secret that is mounted at `folder`. Read at every use, since the kubelet follows changes of it. Rejects with the
 * Environment… codes.
 */
export function environment(folder: string, hasEnded: HasEnded): Source {
  // A command that hangs is waited for, not joined by another.
  let running: Promise<Credentials> | undefined;
  const fromCommand = (profile: string, command: string): Promise<Credentials> => {
    running ??= runProcess({ profile, command, hasEnded }).finally(() => (running = undefined));
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
    return 'process' in given ? fromCommand(profile, given.process) : given;
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
