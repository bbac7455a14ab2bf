/** Starts the programs of an unpacked image, as its user and with nothing but its files. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ENV, PATHS, SIDECAR_COMMAND, WEBHOOK_COMMAND, writeSidecarConfig } from '@rolechain/shared';
import { tryRun } from '../../test/node/run.ts';
import type { ProgramName } from '../build/parts.ts';

/** It ends what hangs. Under an emulator a start takes a while. */
const TIMEOUT_MS = 600_000;
/** chroot is found by it. Nothing else of this machine's. */
const ENVIRONMENT = { PATH: process.env.PATH };

/** One sentence for each thing that doesn't work. `user`: of the image, `uid:gid`. */
export async function runProblems(root: string, program: ProgramName, user: string): Promise<string[]> {
  const into = [`--userspec=${user}`, root];
  const started = (...command: readonly string[]): ReturnType<typeof tryRun> =>
    tryRun('chroot', [...into, ...command], { env: ENVIRONMENT, timeoutMs: TIMEOUT_MS });
  const problems: string[] = [];
  const version = await started(PATHS.imageNode, '--version');
  if (version.stdout.trim() !== process.version)
    problems.push(`its Node says ${version.stdout.trim()}${version.stderr.trim()}, and its SBOM ${process.version}`);
  const command = program === 'sidecar' ? SIDECAR_COMMAND : [PATHS.imageNode, ...WEBHOOK_COMMAND];
  // Without its settings a program says so in a coded error: by then all of it is loaded.
  const { code, stdout, stderr } = await started(...command);
  if (code !== 2 || !/ConfigInvalid|SettingsInvalid/.test(stdout + stderr))
    problems.push(`the ${program} ended with ${code ?? 'a signal'}: ${(stdout + stderr).slice(-500)}`);
  if (program === 'sidecar') problems.push(...(await codeCacheProblems(into)));
  return problems;
}

/** A role that can't be reached from here, on ports that may not be opened: the sidecar logs of its code cache before. */
const CONFIG = writeSidecarConfig({
  version: 1,
  namespace: 'default',
  serviceAccount: 'default',
  ports: { credentials: 1, health: 2 },
  agentEndpoints: ['http://127.0.0.1:3/v1/credentials'],
  stsEndpoint: 'http://127.0.0.1:3',
  roles: {
    default: {
      source: { type: 'pod-identity' },
      startup: 'require',
      hops: [
        { roleARN: 'arn:aws:iam::111111111111:role/x', sessionName: 'x', durationSeconds: 900, stsRegion: 'us-east-1' },
      ],
    },
  },
});

async function codeCacheProblems(into: readonly string[]): Promise<string[]> {
  const child = spawn('chroot', [...into, ...SIDECAR_COMMAND], {
    env: { ...ENVIRONMENT, [ENV.config]: CONFIG, [ENV.logLevel]: 'debug' },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'exit');
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const use = /"codeCache":"(\w+)"/.exec(line)?.[1];
      if (use !== undefined) return use === 'used' ? [] : [`its code cache is ${use}`];
    }
    return ['the sidecar says nothing of its code cache'];
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
