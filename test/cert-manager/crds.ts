/** cert-manager's CRDs, from their Go module. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifests } from '@rolechain/kit/manifests.ts';
import { addKinds } from '../cluster/custom-resources.ts';
import type { Api } from '../guard/api.ts';

const MODULE = 'github.com/cert-manager/cert-manager@v1.18.2';
const NAMES = ['issuers', 'certificates'];

/** Folder of the module, from the Go module cache or the proxy. */
function locateModule(): string {
  const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', MODULE], {
    cwd: join(import.meta.dirname, 'go'),
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', GOWORK: 'off' },
  });
  if (status !== 0) throw new Error('There is no Go here, or its proxy does not answer: no CRDs of cert-manager');
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

export async function addCertManager(api: Api): Promise<void> {
  const folder = join(locateModule(), 'deploy', 'crds');
  for (const name of NAMES) {
    // Its chart's file, with templates in it.
    const lines = readFileSync(join(folder, `crd-${name}.yaml`), 'utf8').split('\n');
    await addKinds(api, parseManifests(lines.filter((line) => !line.includes('{{')).join('\n')));
  }
}
