/** helm, built from its Go module once for this user and its sources. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import { cacheFolder } from '../cluster/binaries.ts';

/** Its Go module. */
export const SOURCE = join(import.meta.dirname, 'go');
export const CHART = join(import.meta.dirname, '..', '..', 'charts', 'rolechain');

/** Path of the program; absent where it has not been built, with the reason. */
export function locateHelm(env: NodeJS.ProcessEnv = process.env): string | Absent {
  const program = join(helmFolder(env), 'helm');
  return existsSync(program)
    ? program
    : { reason: 'helm is not built: run `node test/helm/prepare.ts` (Go, 1 to 3 minutes)' };
}

export function describeWithHelm(name: string, tests: (helm: string) => void): void {
  describeWhen(name, locateHelm(), tests, '');
}

export interface Rendering {
  /** As `--values` takes them. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** Default: rolechain. */
  readonly namespace?: string;
}

/** What `helm template` makes of the chart. Throws with its message. */
export function helmTemplate(helm: string, { values = {}, namespace = 'rolechain' }: Rendering = {}): KubeObject[] {
  const args = ['template', 'rolechain', CHART, `--namespace=${namespace}`, '--values=-'];
  return parseManifests(execFileSync(helm, args, { encoding: 'utf8', input: JSON.stringify(values), stdio: 'pipe' }));
}

/** Beside the Kubernetes binaries: other sources never meet an old program. */
export function helmFolder(env: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'cmd/helm/main.go']) hash.update(readFileSync(join(SOURCE, file)));
  return join(dirname(cacheFolder(env)), `helm-${hash.digest('hex').slice(0, 12)}`);
}
