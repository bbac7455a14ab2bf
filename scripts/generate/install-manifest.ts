import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const HEADER = `# rolechain: everything that kubectl apply needs. Made from manifests/base by \`pnpm generate\`: edit that.
`;

/**
 * The resources of a kustomization in their order, one stream. The base uses no kustomize feature but
 * \`resources\`, so that this is what \`kubectl kustomize\` gives (a test compares the two).
 */
export function installManifest(folder: string): string {
  const { resources } = parse(readFileSync(`${folder}/kustomization.yaml`, 'utf8')) as { resources: string[] };
  const texts = resources.map((name) => readFileSync(`${folder}/${name}`, 'utf8').trimEnd());
  return `${HEADER}${texts.join('\n---\n')}\n`;
}
