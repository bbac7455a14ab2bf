/** All that the options of a command with `-f` name, read. */
import { CodedError } from '@rolechain/shared';
import type { Call } from '../terminal/command.ts';
import { listOf, textOf } from '../terminal/options.ts';
import { manifestsOf, parseFile, type Manifest, type ManifestFile } from './manifests.ts';
import { readSource, readSources } from './read-sources.ts';
import { objectsOfInput, type KnownObjects } from './known-objects.ts';
import {
  knownSettings,
  settingsOfConfigMap,
  settingsOfSource,
  type KnownSettings,
  type SettingsText,
} from './webhook-settings.ts';

export interface Input {
  readonly files: readonly ManifestFile[];
  /** Of the files, in their order. */
  readonly manifests: readonly Manifest[];
  readonly known: KnownObjects;
  /** The namespace of an object of the input. */
  readonly namespaceOf: (manifest: Manifest) => string;
  readonly settings: KnownSettings;
}

const CLUSTER_SCOPED = new Set(['Namespace', 'Node', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition']);

/** Throws UsageInvalid without `-f`. */
export async function readInput({ options, surroundings }: Call): Promise<Input> {
  const names = listOf(options.file);
  if (names.length === 0) throw new CodedError('UsageInvalid', 'The option -f is missing.');
  const files = (await readSources(names, surroundings)).map(parseFile);
  const accountFiles = (await readSources(listOf(options.serviceAccount), surroundings)).map(parseFile);
  const manifests = files.flatMap(manifestsOf);
  const all = [...manifests, ...accountFiles.flatMap(manifestsOf)];
  const given = textOf(options.namespace) ?? 'default';
  const namespaceOf = ({ kind, namespace }: Manifest): string => (CLUSTER_SCOPED.has(kind) ? '' : (namespace ?? given));
  const known = objectsOfInput(
    all.map((manifest) => ({ ...manifest, namespace: namespaceOf(manifest), from: manifest.file })),
  );
  return {
    files,
    manifests,
    known,
    namespaceOf,
    settings: knownSettings(await writtenSettings(options, all, surroundings), {
      option: textOf(options.region),
      env: surroundings.env,
    }),
  };
}

async function writtenSettings(
  options: Call['options'],
  manifests: readonly Manifest[],
  surroundings: Call['surroundings'],
): Promise<SettingsText | undefined> {
  const file = textOf(options.settings);
  if (file !== undefined) return settingsOfSource(await readSource(file, surroundings));
  const found = manifests.flatMap(({ value, file: of }) => settingsOfConfigMap(value, of) ?? []);
  return found[0];
}
