/** The objects in a text of YAML or JSON: several documents, Lists, and each with its place. No text throws but with FileInvalid. */
import { isScalar, parseAllDocuments, visit, type Document } from 'yaml';
import { CodedError, LIMITS, isMap } from '@rolechain/shared';
import type { Source } from './read-sources.ts';
import { checkTexts } from './check-texts.ts';
import { keepSpelling } from './keep-spelling.ts';

export type Json = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

/** One document of a file: its part of the text, and what it says. */
export interface ManifestDocument {
  readonly text: string;
  readonly value: unknown;
  /** Undefined in a JSON file. */
  readonly yaml: Document.Parsed | undefined;
}

export interface ManifestFile {
  readonly name: string;
  readonly documents: readonly ManifestDocument[];
}

/** One object of the API, alone or in a List. */
export interface Manifest {
  readonly file: string;
  readonly document: ManifestDocument;
  /** Its place in the document. */
  readonly path: Path;
  readonly value: Json;
  readonly kind: string;
  readonly name: string;
  /** As it stands there; undefined where it names none. */
  readonly namespace: string | undefined;
}

/** As Kubernetes reads it: merge keys count. The library's own look at keys goes with the square of their number. */
export const YAML = {
  schema: 'core',
  merge: true,
  uniqueKeys: false,
  customTags: keepSpelling,
  logLevel: 'silent',
} as const;

export function parseFile({ name, text }: Source): ManifestFile {
  const json = parseJSON(text);
  if (json) return { name, documents: [{ text, value: json.value, yaml: undefined }] };
  const count = text.match(/^---/gm)?.length ?? 0;
  if (count > LIMITS.manifestDocuments) {
    throw new CodedError('FileInvalid', `${name} has ${count} documents; its limit is ${LIMITS.manifestDocuments}.`);
  }
  let start = 0;
  const parsed = attempt(name, () => parseAllDocuments(text, YAML));
  const documents = 'empty' in parsed ? [] : parsed;
  return {
    name,
    documents: documents.map((yaml, index): ManifestDocument => {
      const [wrong] = yaml.errors;
      // The library's message quotes the text, and a Secret may stand there.
      if (wrong) throw invalid(name, `line ${lineOf(text, wrong.pos[0])} is not valid YAML (${wrong.code})`);
      const again = repeatedKey(yaml);
      if (again !== undefined) throw invalid(name, `line ${lineOf(text, again)} has a key a second time`);
      const end = index === documents.length - 1 ? text.length : yaml.range[2];
      const part = text.slice(start, end);
      start = end;
      const value = attempt(name, (): unknown => yaml.toJS({ maxAliasCount: LIMITS.yamlAliases }));
      return { text: part, value, yaml };
    }),
  };
}

/** All objects of a file in its order, those of Lists each alone. What is no object of the API is left out. */
export function manifestsOf({ name, documents }: ManifestFile): readonly Manifest[] {
  return documents.flatMap((document) =>
    [...objectsIn(document.value, { file: name, above: [] }, [], '')].map((found) => {
      checkTexts(name, found.kind, found.value);
      return { file: name, document, ...found };
    }),
  );
}

type Found = Omit<Manifest, 'file' | 'document'>;

interface Within {
  readonly file: string;
  /** The items of the Lists around it: by an alias one can be its own. */
  readonly above: readonly unknown[];
}

function* objectsIn(value: unknown, within: Within, path: Path, kindOfList: string): Generator<Found> {
  if (!isMap(value)) return;
  const kind = typeof value.kind === 'string' ? value.kind : kindOfList;
  if (kind.endsWith('List') && Array.isArray(value.items)) {
    // Items of a typed list say nothing of their kind.
    const ofItems = kind.slice(0, -'List'.length);
    const { items } = value;
    if (within.above.includes(items)) throw invalid(within.file, 'a List is an item of its own, by an alias');
    const inner = { ...within, above: [...within.above, items] };
    for (const [index, item] of items.entries()) yield* objectsIn(item, inner, [...path, 'items', index], ofItems);
    return;
  }
  if (kind === '') return;
  const metadata = isMap(value.metadata) ? value.metadata : {};
  const text = (field: unknown): string | undefined => (typeof field === 'string' && field !== '' ? field : undefined);
  yield {
    path,
    value,
    kind,
    name: text(metadata.name) ?? text(metadata.generateName) ?? '',
    namespace: text(metadata.namespace),
  };
}

/** Where a key of a map stands a second time. */
function repeatedKey(document: Document.Parsed): number | undefined {
  let found: number | undefined;
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || key.source === '<<') continue;
        const text = key.source ?? key.value;
        if (seen.has(text)) {
          found = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        seen.add(text);
      }
      return undefined;
    },
  });
  return found;
}

function parseJSON(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function attempt<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    // Nested deeper than the stack, or aliases that repeat too much.
    throw new CodedError('FileInvalid', `${name} cannot be parsed.`, { cause: error });
  }
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function invalid(name: string, what: string): CodedError {
  return new CodedError('FileInvalid', `${name}: ${what}.`);
}
