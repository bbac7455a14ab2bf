/** Files for `migrate`: manifests, what the AWS CLI printed, and shared config files. Which of them a text is, it says itself. */
import { parseAllDocuments } from 'yaml';
import { CodedError, LIMITS, isMap } from '@rolechain/shared';
import { areAssociations } from './associations.ts';
import { areProfiles, parseProfiles } from './aws-config.ts';
import type { NamedText } from './config-files.ts';
import { at, listAt, textAt } from '../objects/fields.ts';
import type { KubeObject } from './types.ts';

export interface Sorted {
  readonly objects: readonly KubeObject[];
  readonly documents: readonly unknown[];
  readonly configs: readonly NamedText[];
}

/** Throws FileInvalid: a text that is none of them. A document of another kind is left out. */
export function sort(files: readonly NamedText[]): Sorted {
  const all = files.map(sortOne);
  return {
    objects: all.flatMap(({ objects }) => objects),
    documents: all.flatMap(({ documents }) => documents),
    configs: all.flatMap(({ configs }) => configs),
  };
}

function sortOne(file: NamedText): Sorted {
  const values = valuesOf(file.text);
  const objects = (values ?? []).flatMap(itemsOf);
  const documents = (values ?? []).filter(areAssociations);
  if (objects.length > 0 || documents.length > 0) return { objects, documents, configs: [] };
  if (areProfiles(parseProfiles(file.text))) return { objects: [], documents: [], configs: [file] };
  if (values?.every((value) => value === null)) return { objects: [], documents: [], configs: [] };
  const detail = `${file.name} has no objects of Kubernetes, no associations and no profiles that assume a role.`;
  throw new CodedError('FileInvalid', detail);
}

function valuesOf(text: string): unknown[] | undefined {
  const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent' });
  if (documents.some(({ errors }) => errors.length > 0)) return undefined;
  try {
    return documents.map((document) => document.toJS({ maxAliasCount: LIMITS.yamlAliases }) as unknown);
  } catch {
    return undefined;
  }
}

/** The object, or those of a List of whatever kind. */
function itemsOf(value: unknown): KubeObject[] {
  const kind = textAt(value, 'kind');
  if (!isMap(value) || kind === undefined) return [];
  if (!kind.endsWith('List') || at(value, 'items') === undefined) return [value];
  const own = kind === 'List' ? {} : { apiVersion: value.apiVersion, kind: kind.slice(0, -'List'.length) };
  return listAt(value, 'items').flatMap((item) => (isMap(item) ? itemsOf({ ...own, ...item }) : []));
}
