/** Writes webhook/src/objects/api-types.ts from a running kube-apiserver of the newest release: `pnpm generate:api`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCluster } from '../cluster/apiserver.ts';
import { findBinaries, kubernetesVersion } from '../cluster/binaries.ts';
import { format, resolveConfig } from 'prettier';
import { readApiTypes, type ApiTypes } from './read.ts';

const binaries = await findBinaries({ build: true });
if ('reason' in binaries) throw new Error(binaries.reason);
const cluster = await startCluster({ binaries });
try {
  const file = join(import.meta.dirname, '..', '..', 'webhook', 'src', 'objects', 'api-types.ts');
  await writeFile(file, await apiTypesFile(await readApiTypes(cluster), kubernetesVersion()));
  console.log(`written: ${file}`);
} finally {
  await cluster.stop();
}

/** The table as a file of the webhook. */
async function apiTypesFile(types: ApiTypes, version: string): Promise<string> {
  const lines = Object.entries(types).map(([name, fields]) => `${name}: ${JSON.stringify(fields)},`);
  const text = `/**
 * The types of the API that a sidecar and its volumes are made of, each field with the type of its value. Made from
 * the OpenAPI of kube-apiserver ${version} by \`pnpm generate:api\`. A test compares it with the running apiserver.
 */
export const API_TYPES = {
${lines.join('\n')}
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;
`;
  return format(text, { ...(await resolveConfig(import.meta.filename)), parser: 'typescript' });
}
