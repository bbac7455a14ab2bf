/** What has to be made before the tests of a file can run, by what the file imports. */
import { globSync } from 'node:fs';
import type { ReleaseName } from '../../test/cluster/releases.ts';
import { isBesideSource, makeReach } from './imports.ts';
import { folders, onOldest } from './projects.ts';

export type Need = 'newest' | 'oldest' | 'Go client' | 'Python environments' | 'helm' | 'bundles' | 'site';
export const NEEDS: readonly Need[] = [
  'newest',
  'oldest',
  'Go client',
  'Python environments',
  'helm',
  'bundles',
  'site',
];

/** Anyone who leads to one of these files needs that. `cluster` stands for the release that a jest project runs on. */
const BY_FILE: Readonly<Record<string, 'cluster' | Exclude<Need, ReleaseName>>> = {
  'test/cluster/apiserver.ts': 'cluster',
  'test/clients/go.ts': 'Go client',
  'test/clients/python.ts': 'Python environments',
  'test/helm/helm.ts': 'helm',
  'test/site/prepare.ts': 'site',
  // They start what stands in dist/.
  'test/fixture/install.ts': 'bundles',
  'test/fixture/pod.ts': 'bundles',
  'test/webhook/launch.ts': 'bundles',
};

export interface TestFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly needs: ReadonlySet<Need>;
  /** Whether it runs on the oldest release as well. */
  readonly onOldest: boolean;
  /** Beside its source, and in need of nothing. */
  readonly isUnit: boolean;
}

/** All test files of jest's projects. */
export function testFiles(root: string): TestFile[] {
  const reach = makeReach(root);
  const onBoth = new Set(onOldest.flatMap((pattern) => globSync(pattern, { cwd: root })));
  const patterns = folders.map((folder) => `${folder}/**/*.test.ts`);
  const paths = globSync(patterns, { cwd: root, exclude: ['**/node_modules/**'] }).toSorted();
  return paths.map((path) => {
    const needs = new Set<Need>();
    for (const file of reach(path)) {
      const need = BY_FILE[file];
      if (need === 'cluster') {
        needs.add('newest');
        if (onBoth.has(path)) needs.add('oldest');
      } else if (need) needs.add(need);
    }
    return { path, needs, onOldest: onBoth.has(path), isUnit: isBesideSource(path) && needs.size === 0 };
  });
}
