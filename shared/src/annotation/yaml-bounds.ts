/**
 * The YAML library within bounds (adr/0014). Of itself it is quadratic in the keys of a map, records a stack trace for each
 * of thousands of mistakes, follows an alias into itself, and nests as deep as the text says. Pure.
 */
import {
  Composer,
  Lexer,
  Parser,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type CST,
  type Document,
  type DocumentOptions,
  type LineCounter,
  type Node,
  type ParseOptions,
  type SchemaOptions,
} from 'yaml';
import { LIMITS } from '../limits.ts';

export type YAMLOptions = ParseOptions & DocumentOptions & SchemaOptions;

/** Text that passes a limit; the message names it. */
export class BoundPassed extends Error {}

const TOO_MANY_TOKENS = `has more than ${LIMITS.yamlTokens} words, signs and spaces between them`;
const TOO_DEEP = `nests lists and maps more than ${LIMITS.yamlDepth} deep`;
const TOO_MANY_ALIASES = `has more than ${LIMITS.yamlAliases} aliases`;
const TOO_MANY_NODES = `has more than ${LIMITS.yamlNodes} values, what aliases repeat included`;
const WITHOUT_END = 'repeats itself without an end, by an alias within what it stands for';

/** The first document of a text, and the second where there is one. */
export interface Documents {
  readonly document: Document.Parsed | undefined;
  readonly second: Document.Parsed | undefined;
}

/**
 * The documents of a text, as the library's `parseDocument` reads the first of them. Its options must not ask for pretty
 * errors, nor for unique keys: `expand` looks for those. Throws BoundPassed.
 */
export function parseWithin(text: string, options: YAMLOptions, lines: LineCounter): Documents {
  return withoutStackTraces(() => {
    const documents = new Composer(options).compose(readTokens(text, lines), true, text.length);
    // One after the other: there may be thousands.
    const next = (): Document.Parsed | undefined => documents.next().value ?? undefined;
    return { document: next(), second: next() };
  });
}

function readTokens(text: string, lines: LineCounter): CST.Token[] {
  const parser = new Parser(lines.addNewLine);
  // As Parser.parse begins.
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  for (const lexeme of lexemesOf(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    // One more for the document, and one for the value that is at work.
    if (parser.stack.length > LIMITS.yamlDepth + 2) throw new BoundPassed(TOO_DEEP);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** All of them first: to split a text takes a third of the time that it takes to parse it. */
function lexemesOf(text: string): readonly string[] {
  const lexemes: string[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    if (lexemes.push(lexeme) > LIMITS.yamlTokens) throw new BoundPassed(TOO_MANY_TOKENS);
  }
  return lexemes;
}

/** A text of 32 KiB may hold 32,768 mistakes, and the trace of one takes ten times as long as the mistake. */
function withoutStackTraces<T>(run: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = before;
  }
}

/** Where in the text a key stands a second time in its map. */
export interface Expanded {
  readonly repeatedKeyAt?: number | undefined;
}

/** Looks at what a document's aliases make of it, before they are followed. Throws BoundPassed. */
export function expand(document: Document.Parsed): Expanded {
  const anchored = new Map<string, Node>();
  const sizes = new Map<Node, number>();
  let aliases = 0;
  let repeatedKeyAt: number | undefined;

  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) {
      if (++aliases > LIMITS.yamlAliases) throw new BoundPassed(TOO_MANY_ALIASES);
      const target = anchored.get(node.source);
      // Of what has no anchor the library says so.
      if (target === undefined) return 1;
      const size = sizes.get(target);
      if (size === undefined) throw new BoundPassed(WITHOUT_END);
      return size;
    }
    if (isPair(node)) return bounded(sizeOf(node.key) + sizeOf(node.value));
    if (!isMap(node) && !isSeq(node)) {
      if (isScalar(node)) remember(node, 1);
      return 1;
    }
    remember(node);
    if (isMap(node)) repeatedKeyAt ??= repeatedKey(node.items);
    let size = 1;
    for (const item of node.items) size = bounded(size + sizeOf(item));
    sizes.set(node, size);
    return size;
  };
  const remember = (node: Node & { anchor?: string }, size?: number): void => {
    if (node.anchor === undefined) return;
    anchored.set(node.anchor, node);
    if (size !== undefined) sizes.set(node, size);
  };

  bounded(sizeOf(document.contents));
  return { repeatedKeyAt };
}

function bounded(size: number): number {
  if (size > LIMITS.yamlNodes) throw new BoundPassed(TOO_MANY_NODES);
  return size;
}

/** In time that grows with the keys, not with their square as in the library. */
function repeatedKey(items: readonly { readonly key: unknown }[]): number | undefined {
  const seen = new Set<unknown>();
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    if (seen.has(key.value)) return key.range?.[0] ?? 0;
    seen.add(key.value);
  }
  return undefined;
}
