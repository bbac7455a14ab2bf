/** The packages of this repository. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../build/root.ts';

/** Version of each that has one, by its folder. */
export function packageVersions(): Record<string, string> {
  const workspace = parse(readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8')) as { packages: readonly string[] };
  const places = ['.', ...workspace.packages].map((folder) => join(folder, 'package.json'));
  const versions = globSync(places, { cwd: ROOT }).map((path) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as { version?: string };
    return [dirname(path), version] as const;
  });
  return Object.fromEntries(
    versions.flatMap(([folder, version]) => (version === undefined ? [] : [[folder, version]])),
  );
}
