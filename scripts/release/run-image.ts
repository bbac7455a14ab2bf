/** Starts the programs of an unpacked image, as its user and with nothing but its files. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PATHS, SIDECAR_COMMAND, WEBHOOK_COMMAND } from '@rolechain/shared';
import { tryRun } from '../../test/node/run.ts';
import type { ImageName } from '../build/parts.ts';
import { WEBHOOK_SETTINGS, saidOfCodeCache } from '../build/said-of-code-cache.ts';

/** It ends what hangs. Under an emulator a start takes a while. */
const TIMEOUT_MS = 600_000;
/** chroot is found by it. Nothing else of this machine's. */
const ENVIRONMENT = { PATH: process.env.PATH };

/** One sentence for each thing that doesn't work. `user`: of the image, `uid:gid`. */
export async function runProblems(root: string, program: ImageName, user: string): Promise<string[]> {
  const into = [`--userspec=${user}`, root];
  const started = (...command: readonly string[]): ReturnType<typeof tryRun> =>
    tryRun('chroot', [...into, ...command], { env: ENVIRONMENT, timeoutMs: TIMEOUT_MS });
  const problems: string[] = [];
  const version = await started(PATHS.imageNode, '--version');
  if (version.stdout.trim() !== process.version)
    problems.push(`its Node says ${version.stdout.trim()}${version.stderr.trim()}, and its SBOM ${process.version}`);
  const command = COMMANDS[program];
  // Without its settings a program says so in a coded error: by then all of it is loaded.
  const { code, stdout, stderr } = await started(...command);
  if (code !== 2 || !/ConfigInvalid|SettingsInvalid/.test(stdout + stderr))
    problems.push(`the ${program} ended with ${code ?? 'a signal'}: ${(stdout + stderr).slice(-500)}`);
  problems.push(...(await codeCacheProblems(root, program, [...into, ...command])));
  return problems;
}

const COMMANDS: Readonly<Record<ImageName, readonly string[]>> = {
  sidecar: SIDECAR_COMMAND,
  webhook: [PATHS.imageNode, ...WEBHOOK_COMMAND],
};

async function codeCacheProblems(root: string, program: ImageName, started: readonly string[]): Promise<string[]> {
  // For the webhook's start alone: the image has no settings.
  const settings = '/code-cache-settings.yaml';
  writeFileSync(join(root, settings), WEBHOOK_SETTINGS);
  try {
    const args = program === 'webhook' ? [...started, '--settings', settings] : started;
    const said = await saidOfCodeCache('chroot', args, { env: ENVIRONMENT, timeoutMs: TIMEOUT_MS });
    if (said === undefined) return [`the ${program} says nothing of its code cache`];
    return said.codeCache === 'used' ? [] : [`its code cache is ${String(said.codeCache)}`];
  } finally {
    rmSync(join(root, settings));
  }
}
