/** The annotation's text as plain data: YAML 1.2 (and so JSON), or a bare role ARN. */
import { LineCounter, type ErrorCode as YAMLCode, type YAMLError } from 'yaml';
import { LIMITS } from '../limits.ts';
import { problem, type Result } from '../problem.ts';
import { isMap } from '../schema.ts';
import { BoundPassed, expand, parseWithin, type Documents, type YAMLOptions } from './yaml-bounds.ts';

/** Which YAML a document is written in. */
export interface Dialect {
  readonly options: YAMLOptions;
  /** Whether a key may stand in a map once alone. */
  readonly uniqueKeys: boolean;
  /** Mistakes that this dialect lets pass. */
  readonly tolerates: (error: Pick<YAMLError, 'code'>) => boolean;
}

/** YAML 1.2 (and so JSON) with text keys, no repeated key, few aliases and no tags that make objects. */
const STRICT: Dialect = {
  options: { stringKeys: true, schema: 'core', resolveKnownTags: false, logLevel: 'error' },
  uniqueKeys: true,
  tolerates: () => false,
};

/** The document as plain data, a bare ARN as the document that it stands for. */
export function readDocument(text: string): Result<Record<string, unknown>> {
  const data = readYAML(text, STRICT);
  if (!data.ok) return data;
  if (typeof data.value === 'string') return { ok: true, value: { roleARN: data.value }, warnings: [] };
  return readMap(data.value);
}

/** What is read as a map of fields, or what it is instead. */
export function readMap(value: unknown): Result<Record<string, unknown>> {
  if (value === null || value === undefined) return failed('DocumentWrongType', 'is empty');
  if (!isMap(value)) return failed('DocumentWrongType', 'is not a map of fields');
  return { ok: true, value, warnings: [] };
}

/** A text of bounded size as plain data; no text throws. */
export function readYAML(text: string, dialect: Dialect): Result<unknown> {
  if (Buffer.byteLength(text) > LIMITS.annotationBytes) {
    return failed('DocumentTooLarge', `has more than ${LIMITS.annotationBytes} bytes, its limit`);
  }
  const lines = new LineCounter();
  try {
    // Pretty errors quote the document.
    const options = { ...dialect.options, uniqueKeys: false, prettyErrors: false } as const;
    return valueOf(parseWithin(text, options, lines), dialect, lines);
  } catch (error) {
    if (error instanceof BoundPassed) return failed('DocumentTooComplex', error.message);
    return unreadable(explainThrown(error));
  }
}

function valueOf(
  { document, second }: Documents,
  { tolerates, uniqueKeys }: Dialect,
  lines: LineCounter,
): Result<unknown> {
  if (!document) return { ok: true, value: undefined, warnings: [] };
  const error = [...document.errors, ...document.warnings].find((e) => !tolerates(e));
  if (error) return unreadable(`${explain(error)}${place(lines, error.pos[0])}`);
  if (second && !tolerates({ code: 'MULTIPLE_DOCS' })) {
    return unreadable(`${MISTAKES.MULTIPLE_DOCS}${place(lines, second.range[0])}`);
  }
  const { repeatedKeyAt } = expand(document);
  if (uniqueKeys && repeatedKeyAt !== undefined) {
    return unreadable(`${MISTAKES.DUPLICATE_KEY}${place(lines, repeatedKeyAt)}`);
  }
  // Aliases are counted already.
  return { ok: true, value: document.toJS({ maxAliasCount: -1 }), warnings: [] };
}

function explainThrown(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('Merge sources')) return 'a merge (<<) of something else than maps';
  return 'an alias has no anchor before it';
}

/** Words for what the parser's own explain badly, or with a piece of the document. */
const MISTAKES = {
  BAD_DIRECTIVE: 'an unknown directive',
  BAD_DQ_ESCAPE: 'an unknown backslash sequence in double quotes',
  DUPLICATE_KEY: 'a field stands twice',
  MULTIPLE_DOCS: 'a second document begins',
  NON_STRING_KEY: "a field's name is not text",
  TAG_RESOLVE_FAILED: 'an unknown tag',
} as const satisfies Partial<Record<YAMLCode, string>>;

/** What is wrong; never a piece of the document, which may be of any field's value. */
function explain({ code, message }: YAMLError): string {
  const known = (MISTAKES as Partial<Record<YAMLCode, string>>)[code];
  if (known !== undefined) return known;
  return code === 'UNEXPECTED_TOKEN' ? message.replace(/: .*/s, '') : message;
}

function place(lines: LineCounter, at: number): string {
  const { line, col } = lines.linePos(at);
  return ` at line ${line}, column ${col}`;
}

function unreadable(text: string): Result<never> {
  return failed('DocumentUnreadable', `is not valid YAML: ${text}`);
}

function failed(
  code: 'DocumentTooLarge' | 'DocumentTooComplex' | 'DocumentUnreadable' | 'DocumentWrongType',
  text: string,
): Result<never> {
  return { ok: false, problems: [problem(code, '', text)] };
}
