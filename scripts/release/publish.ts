/** The steps of a release that need rights: images are pushed as a dry run built them, signed, and the files are published. */
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@rolechain/shared';
import { tryRun } from '../../test/node/run.ts';
import { IMAGES } from '../build/parts.ts';
import { archiveName, sbomName } from './artefacts.ts';
import { digestsOf, folderProblems } from './folder.ts';
import { NO_REGISTRY } from './install.ts';

export interface Options {
  readonly folder: string;
  readonly registry: string;
  readonly tag: string | undefined;
  readonly log: (line: string) => void;
}

/**
 * One sentence for each thing that is wrong; nothing is pushed unless the folder is whole. What later steps attest goes into the
 * file that GITHUB_OUTPUT names.
 */
export async function publish({ folder, registry, log }: Options): Promise<string[]> {
  if (registry === NO_REGISTRY) return ['--registry is missing: where the images go, such as ghcr.io/OWNER'];
  const problems = await folderProblems(folder, registry);
  if (problems.length > 0) return problems;
  const digests = await digestsOf(folder);
  for (const program of IMAGES) {
    const name = `${registry}/rolechain/${program}`;
    const archive = `oci-archive:${join(folder, archiveName(program))}`;
    // As they are: a registry that compresses or converts them would give them another digest.
    const push = ['copy', '--all', '--preserve-digests', archive, `docker://${name}:${VERSION}`];
    const sign = ['sign', '--yes', `${name}@${digests[program]}`];
    for (const [command, args] of [
      ['skopeo', push],
      ['cosign', sign],
    ] as const) {
      const problem = await runAloud(command, args, log);
      if (problem !== undefined) return [problem];
    }
    tell({
      [`${program}-name`]: name,
      [`${program}-digest`]: digests[program],
      [`${program}-sbom`]: join(folder, sbomName(program)),
    });
  }
  return [];
}

/** Makes the page of the release, with all files of the folder. */
export async function announce({ folder, tag, log }: Options): Promise<string[]> {
  if (tag !== `v${VERSION}`) return [`--tag is ${tag ?? 'missing'}, not v${VERSION}`];
  const files = readdirSync(folder).map((name) => join(folder, name));
  const args = ['release', 'create', tag, '--verify-tag', `--notes-file=${join(folder, 'CHANGES.md')}`, ...files];
  const problem = await runAloud('gh', args, log);
  return problem === undefined ? [] : [problem];
}

async function runAloud(command: string, args: readonly string[], log: Options['log']): Promise<string | undefined> {
  log(`${command} ${args.slice(0, 3).join(' ')} …`);
  try {
    const { code, stderr } = await tryRun(command, args, { timeoutMs: 900_000 });
    return code === 0 ? undefined : `${command} ended with ${code ?? 'a signal'}: ${stderr.trim().slice(-1000)}`;
  } catch (error) {
    return `${command} cannot be started: ${error instanceof Error ? error.message : ''}`;
  }
}

function tell(outputs: Readonly<Record<string, string>>): void {
  const { GITHUB_OUTPUT } = process.env;
  const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
  if (GITHUB_OUTPUT) appendFileSync(GITHUB_OUTPUT, lines.join(''));
}
