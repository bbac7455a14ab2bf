/** Debian's Prometheus and its promtool, and the CRDs of its operator from their Go module. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseManifests, type KubeObject } from '@rolechain/kit/manifests.ts';
import type { Absent } from '@rolechain/kit/when.ts';
import { ROOT } from '../fixture/install.ts';

export const COMPONENT = join(ROOT, 'manifests', 'components', 'prometheus');

/** Both are in Debian's package. */
export function locatePrometheus(): 'there' | Absent {
  const isThere = ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0);
  return isThere
    ? 'there'
    : { reason: 'There is no Prometheus. On Debian: apt-get install --no-install-recommends prometheus' };
}

/** Of these versions promtool's and the CRDs' forms are. */
const OPERATOR = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';

/** Folder of the operator's CRDs; from the Go module cache, or the proxy. */
export function locateCRDs(): string | Absent {
  const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', OPERATOR], {
    cwd: join(import.meta.dirname, 'go'),
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', GOWORK: 'off' },
  });
  if (status !== 0)
    return { reason: 'There is no Go here, or its proxy does not answer: no CRDs of the Prometheus operator' };
  return join((JSON.parse(stdout) as { Dir: string }).Dir, 'example', 'prometheus-operator-crd');
}

export function readCRDs(folder: string): KubeObject[] {
  const names = ['servicemonitors', 'podmonitors', 'prometheusrules'];
  return names.flatMap((name) =>
    parseManifests(readFileSync(join(folder, `monitoring.coreos.com_${name}.yaml`), 'utf8')),
  );
}

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** As a rule file of Prometheus has them. */
export function ruleGroups(): readonly RuleGroup[] {
  const [rule] = parseManifests(readFileSync(join(COMPONENT, 'rules.yaml'), 'utf8'));
  return (rule?.spec as { groups: RuleGroup[] }).groups;
}

/** Resolves to what promtool prints; rejects with it where a rule or a test fails. */
export async function promtool(...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)('promtool', args);
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(stdout + stderr, { cause: error });
  }
}
