/** helm 4 and 3, built from their Go modules once for this user and these sources. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import { describeWhen, type Absent } from '@rolechain/kit/when.ts';
import { cacheFolder, kubernetesVersion } from '../cluster/binaries.ts';
import { sourceDigest } from '../cluster/releases.ts';

/** The Go module that requires both: they share what they are made of, so that the second costs 10 s. */
export const SOURCE = join(import.meta.dirname, 'go');
export const CHART = join(import.meta.dirname, '..', '..', 'charts', 'rolechain');

export const PROGRAMS = ['helm', 'helm3'] as const;

/** Path of helm 4, beside which helm 3 is; absent where they have not been built, with the reason. */
export function locateHelm(env: NodeJS.ProcessEnv = process.env): string | Absent {
  const [helm = '', helm3 = ''] = PROGRAMS.map((name) => join(helmFolder(env), name));
  return existsSync(helm) && existsSync(helm3)
    ? helm
    : { reason: 'helm is not built: run `node test/helm/prepare.ts` (Go, 1 to 3 minutes)' };
}

export function describeWithHelm(name: string, tests: (helm: string, helm3: string) => void): void {
  describeWhen(name, locateHelm(), (helm) => tests(helm, join(dirname(helm), 'helm3')), '');
}

export interface Rendering {
  /** As `--values` takes them. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** Default: rolechain. */
  readonly namespace?: string;
  /** Default: the one of this checkout. */
  readonly chart?: string;
}

/** What `helm template` makes of the chart. Throws with its message. */
export function helmTemplate(helm: string, rendering: Rendering = {}): KubeObject[] {
  const { values = {}, namespace = 'rolechain', chart = CHART } = rendering;
  // A helm that is built by others than its makers believes in Kubernetes 1.20.
  const version = `--kube-version=${kubernetesVersion()}`;
  const args = ['template', 'rolechain', chart, `--namespace=${namespace}`, version, '--values=-'];
  return parseManifests(execFileSync(helm, args, { encoding: 'utf8', input: JSON.stringify(values), stdio: 'pipe' }));
}

/** Beside the Kubernetes binaries: other sources never meet an old program. */
export function helmFolder(env: NodeJS.ProcessEnv): string {
  const digest = sourceDigest(SOURCE, ['go.mod', 'go.sum', 'cmd/helm/main.go']);
  return join(dirname(cacheFolder(env)), `helm-${digest}`);
}
