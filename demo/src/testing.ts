import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The manifests in a folder and those in it, as name and text. */
export function manifestsIn(folder: string): [file: string, text: string][] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(yaml|json)$/.test(file))
    .sort()
    .map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
}

/** One file of each kind of workload, as people write them. */
export const WORKLOAD_FILES = manifestsIn(join(import.meta.dirname, '..', 'workloads'));
