/** The packages of this repository. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../build/root.ts';

const PLACES = ['package.json', '{shared,webhook,sidecar,certs,test,demo,bench}/package.json'];

/** Version of each that has one, by its folder. */
export function packageVersions(): Record<string, string> {
  const versions = globSync(PLACES, { cwd: ROOT }).map((path) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as { version?: string };
    return [dirname(path), version] as const;
  });
  return Object.fromEntries(
    versions.flatMap(([folder, version]) => (version === undefined ? [] : [[folder, version]])),
  );
}
