/** cert-manager's CRDs, from their Go module. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseManifests } from '@rolechain/kit/manifests.ts';
import { PATIENCE_MS, until } from '@rolechain/kit/until.ts';
import type { Api } from '../guard/api.ts';

const MODULE = 'github.com/cert-manager/cert-manager@v1.18.2';
const NAMES = ['issuers', 'certificates'];
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

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
    const text = lines.filter((line) => !line.includes('{{')).join('\n');
    for (const crd of parseManifests(text)) {
      const { status, body } = await api.apply(`${CRDS}/${crd.metadata.name}`, crd);
      if (status >= 300) throw new Error(body);
    }
  }
  await until('its group is served', PATIENCE_MS, async () => {
    const asked = await Promise.all(NAMES.map((name) => api.get(`/apis/cert-manager.io/v1/${name}`)));
    return asked.every(({ status }) => status === 200);
  });
}
