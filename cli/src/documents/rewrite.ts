/** The input with the changes of each of its pods: as a text that takes the input's place, and as a difference. */
import type { Operation } from 'fast-json-patch';
import { isMap } from '@rolechain/shared';
import { editDocument, type Edit } from './edit.ts';
import type { Json, Manifest, ManifestFile } from './manifests.ts';

/** What is to change in one object: a patch of the pod in it. */
export interface Change {
  readonly manifest: Manifest;
  /** Where the pod is in the object. */
  readonly path: Edit['path'];
  readonly operations: readonly Operation[];
}

export interface RewrittenFile {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

export interface Rewritten {
  readonly files: readonly RewrittenFile[];
  /** The object as it is then. */
  readonly objectOf: (manifest: Manifest) => Json;
  /** Documents whose comments are lost, since aliases stood in them: `file`, once each. */
  readonly withoutComments: readonly string[];
}

export function rewrite(files: readonly ManifestFile[], changes: readonly Change[]): Rewritten {
  const values = new Map<Manifest['document'], unknown>();
  const withoutComments = new Set<string>();
  const written = files.map(({ name, documents }): RewrittenFile => {
    const texts = documents.map((document) => {
      const edits = changes
        .filter(({ manifest }) => manifest.document === document)
        .map(({ manifest, path, operations }) => ({ path: [...manifest.path, ...path], operations }));
      const { text, value, isRewritten } = editDocument(document, edits);
      values.set(document, value);
      if (isRewritten) withoutComments.add(name);
      return text;
    });
    return { name, before: documents.map(({ text }) => text).join(''), after: texts.join('') };
  });
  return {
    files: written,
    objectOf: ({ document, path }) => at(values.get(document), path),
    withoutComments: [...withoutComments],
  };
}

function at(value: unknown, path: Edit['path']): Json {
  const found = path.reduce<unknown>((inner, part) => (inner as Record<string | number, unknown>)[part], value);
  return isMap(found) ? found : {};
}

/** All files as one stream of documents, as `kubectl apply -f -` reads it. */
export function streamOf(files: readonly RewrittenFile[]): string {
  return files
    .map(({ after }, index) => {
      const ended = after === '' || after.endsWith('\n') ? after : `${after}\n`;
      return index === 0 || ended.startsWith('---') ? ended : `---\n${ended}`;
    })
    .join('');
}

/** In the unified form, as `diff -u` prints it. */
export async function differenceOf(files: readonly RewrittenFile[]): Promise<string> {
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = await import('diff');
  return files
    .filter(({ before, after }) => before !== after)
    .map(({ name, before, after }) =>
      createTwoFilesPatch(name, name, before, after, 'before', 'after', {
        context: 3,
        headerOptions: FILE_HEADERS_ONLY,
      }),
    )
    .join('');
}
