/** Writes a changed document again: the changed nodes alone are made, comments and spelling of the others stay. */
import { isDeepStrictEqual } from 'node:util';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { isAlias, isMap, isPair, isSeq, parseDocument, visit, type Document, type Node } from 'yaml';
import { CodedError } from '@rolechain/shared';
import { YAML, type ManifestDocument, type Path } from './manifests.ts';

/** JSON Patch for a value within a document. */
export interface Edit {
  readonly path: Path;
  readonly operations: readonly Operation[];
}

export interface Edited {
  readonly text: string;
  readonly value: unknown;
  /** Aliases and merge keys stood in it: what they share is not shared any more, and comments are gone. */
  readonly isRewritten: boolean;
}

/** The document with all edits. Without one it is its own text. */
export function editDocument(document: ManifestDocument, edits: readonly Edit[]): Edited {
  const operations = edits.flatMap(({ path, operations: list }) => list.map((operation) => under(path, operation)));
  if (operations.length === 0) return { text: document.text, value: document.value, isRewritten: false };
  const value: unknown = jsonPatch.applyPatch(jsonPatch.deepClone(document.value), operations, true).newDocument;
  if (!document.yaml) return { text: stringifyJSON(document.text, value), value, isRewritten: false };
  // A document is parsed again, since an edit changes it.
  const yaml = parseDocument(document.text, YAML);
  const isRewritten = hasAliases(yaml);
  if (isRewritten) yaml.contents = yaml.createNode(value) as typeof yaml.contents;
  else for (const operation of operations) apply(yaml, operation);
  const text = yaml.toString(formOf(document.text));
  if (!isDeepStrictEqual(jsonPatch.deepClone(parseDocument(text, YAML).toJS()), value)) {
    throw new CodedError('InternalError', 'The YAML that was written does not say what it should.');
  }
  return { text, value, isRewritten };
}

function under(path: Path, operation: Operation): Operation {
  const base = path.map((part) => `/${jsonPatch.escapePathComponent(String(part))}`).join('');
  const moved = { ...operation, path: base + operation.path };
  return operation.op === 'move' || operation.op === 'copy'
    ? ({ ...moved, from: base + operation.from } as Operation)
    : moved;
}

function apply(yaml: Document, operation: Operation): void {
  const path = partsOf(operation.path);
  if (operation.op === 'remove') yaml.deleteIn(path);
  else if (operation.op === 'add') insert(yaml, path, yaml.createNode(operation.value));
  else if (operation.op === 'replace') yaml.setIn(path, yaml.createNode(operation.value));
  else if (operation.op === 'move') {
    const from = partsOf(operation.from);
    const node = yaml.getIn(from, true) as Node;
    yaml.deleteIn(from);
    insert(yaml, path, node);
  } else throw new CodedError('InternalError', `An operation ${operation.op} is not known.`);
}

function insert(yaml: Document, path: Path, node: Node): void {
  const parent = path.length === 1 ? yaml.contents : yaml.getIn(path.slice(0, -1), true);
  const last = path[path.length - 1] ?? '';
  if (isSeq(parent)) parent.items.splice(last === '-' ? parent.items.length : Number(last), 0, node);
  else if (isMap(parent)) parent.set(last, node);
  else throw new CodedError('InternalError', 'A path of the patch leads to no list and no map.');
}

function partsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => jsonPatch.unescapePathComponent(part));
}

function hasAliases(yaml: Document): boolean {
  let found = false;
  visit(yaml, (_key, node) => {
    if (!isAlias(node) && !(isPair(node) && String(node.key) === '<<')) return undefined;
    found = true;
    return visit.BREAK;
  });
  return found;
}

/** As the text itself indents. */
function formOf(text: string): {
  lineWidth: number;
  indent: number;
  indentSeq: boolean;
  flowCollectionPadding: boolean;
} {
  const indent = /^[\w'"][^\n]*:[^\S\n]*(?:#[^\n]*)?\n( +)[\w'"]/m.exec(text)?.[1]?.length ?? 2;
  const list = /^( *)[\w'"][^\n]*:[^\S\n]*(?:#[^\n]*)?\n(?: *#[^\n]*\n)*( *)- /m.exec(text);
  return {
    lineWidth: 0,
    indent,
    indentSeq: list === null || (list[2] ?? '').length > (list[1] ?? '').length,
    flowCollectionPadding: !/[{[]['"\w]/.test(text) || /[{[] ['"\w]/.test(text),
  };
}

function stringifyJSON(before: string, value: unknown): string {
  const indent = /^[[{]\r?\n(\s+)/.exec(before.trimStart())?.[1] ?? (before.includes('\n') ? '  ' : '');
  const end = before.endsWith('\n') ? '\n' : '';
  return `${JSON.stringify(value, null, indent)}${end}`;
}
