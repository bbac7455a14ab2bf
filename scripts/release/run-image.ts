/** Starts the programs of an unpacked image, as its user and with nothing but its files. */
import { PATHS, SIDECAR_COMMAND, WEBHOOK_COMMAND } from '@rolechain/shared';
import { tryRun } from '../../test/node/run.ts';
import type { ImageName } from '../build/parts.ts';
import { saidOfCodeCache } from '../build/said-of-code-cache.ts';

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
  const command = program === 'sidecar' ? SIDECAR_COMMAND : [PATHS.imageNode, ...WEBHOOK_COMMAND];
  // Without its settings a program says so in a coded error: by then all of it is loaded.
  const { code, stdout, stderr } = await started(...command);
  if (code !== 2 || !/ConfigInvalid|SettingsInvalid/.test(stdout + stderr))
    problems.push(`the ${program} ended with ${code ?? 'a signal'}: ${(stdout + stderr).slice(-500)}`);
  if (program === 'sidecar') problems.push(...(await codeCacheProblems(into)));
  return problems;
}

async function codeCacheProblems(into: readonly string[]): Promise<string[]> {
  const said = await saidOfCodeCache('chroot', [...into, ...SIDECAR_COMMAND], {
    env: ENVIRONMENT,
    timeoutMs: TIMEOUT_MS,
  });
  if (said === undefined) return ['the sidecar says nothing of its code cache'];
  return said.codeCache === 'used' ? [] : [`its code cache is ${String(said.codeCache)}`];
}
