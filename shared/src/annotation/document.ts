/** The annotation's text as plain data: YAML 1.2 (and so JSON), or a bare role ARN. */
import {
  LineCounter,
  parseDocument,
  type DocumentOptions,
  type ErrorCode as YAMLCode,
  type ParseOptions,
  type SchemaOptions,
  type YAMLError,
} from 'yaml';
import { LIMITS } from '../limits.ts';
import { problem, type Checked } from '../problem.ts';

/** Which YAML a document is written in. */
export interface Dialect {
  readonly options: ParseOptions & DocumentOptions & SchemaOptions;
  /** Mistakes that this dialect lets pass. */
  readonly tolerates: (error: YAMLError) => boolean;
}

/** YAML 1.2 (and so JSON) with text keys, no repeated key, few aliases and no tags that make objects. */
const STRICT: Dialect = {
  options: { uniqueKeys: true, stringKeys: true, schema: 'core', resolveKnownTags: false, logLevel: 'error' },
  tolerates: () => false,
};

/** The document as plain data, a bare ARN as the document that it stands for. */
export function readDocument(text: string): Checked<Record<string, unknown>> {
  const data = readYAML(text, STRICT);
  if (!data.ok) return data;
  if (typeof data.value === 'string') return { ok: true, value: { roleARN: data.value }, warnings: [] };
  return readMap(data.value);
}

/** What is read as a map of fields, or what it is instead. */
export function readMap(value: unknown): Checked<Record<string, unknown>> {
  if (value === null || value === undefined) return failed('DocumentWrongType', 'is empty');
  if (typeof value !== 'object' || Array.isArray(value)) return failed('DocumentWrongType', 'is not a map of fields');
  return { ok: true, value: value as Record<string, unknown>, warnings: [] };
}

/** A text of bounded size as plain data; no text throws. */
export function readYAML(text: string, { options, tolerates }: Dialect): Checked<unknown> {
  if (Buffer.byteLength(text) > LIMITS.annotationBytes) {
    return failed('DocumentTooLarge', `has more than ${LIMITS.annotationBytes} bytes, its limit`);
  }
  const lineCounter = new LineCounter();
  try {
    // Pretty errors quote the document.
    const document = parseDocument(text, { ...options, prettyErrors: false, lineCounter });
    const error = [...document.errors, ...document.warnings].find((e) => !tolerates(e));
    if (error) return unreadable(`${explain(error)} at ${place(lineCounter, error)}`);
    return { ok: true, value: document.toJS({ maxAliasCount: LIMITS.yamlAliases }), warnings: [] };
  } catch (error) {
    if (error instanceof RangeError) return unreadable(TOO_DEEP);
    return unreadable(explainThrown(error));
  }
}

function explainThrown(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('Excessive alias count')) return `aliases repeat more than ${LIMITS.yamlAliases} nodes`;
  if (message.startsWith('Merge sources')) return 'a merge (<<) of something else than maps';
  return 'an alias has no anchor before it';
}

const TOO_DEEP = 'it is nested too deeply';

/** Words for what the parser's own explain badly, or with a piece of the document. */
const MISTAKES: Partial<Record<YAMLCode, string>> = {
  BAD_DIRECTIVE: 'an unknown directive',
  BAD_DQ_ESCAPE: 'an unknown backslash sequence in double quotes',
  DUPLICATE_KEY: 'a field stands twice',
  MULTIPLE_DOCS: 'a second document begins',
  NON_STRING_KEY: "a field's name is not text",
  RESOURCE_EXHAUSTION: TOO_DEEP,
  TAG_RESOLVE_FAILED: 'an unknown tag',
};

/** What is wrong; never a piece of the document, which may be of any field's value. */
function explain({ code, message }: YAMLError): string {
  // Where the stack ends inside of a tag's resolver, the parser calls it a mistake of the tag.
  if (message.includes('Maximum call stack')) return TOO_DEEP;
  const known = MISTAKES[code];
  if (known !== undefined) return known;
  return code === 'UNEXPECTED_TOKEN' ? message.replace(/: .*/s, '') : message;
}

function place(lines: LineCounter, error: YAMLError): string {
  const { line, col } = lines.linePos(error.pos[0]);
  return `line ${line}, column ${col}`;
}

function unreadable(text: string): Checked<never> {
  return failed('DocumentUnreadable', `is not valid YAML: ${text}`);
}

function failed(code: 'DocumentTooLarge' | 'DocumentUnreadable' | 'DocumentWrongType', text: string): Checked<never> {
  return { ok: false, problems: [problem(code, '', text)] };
}
