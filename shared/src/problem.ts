import { ERRORS, type ErrorCode } from './errors.ts';

/** One thing that is wrong in a document: the place, what is wrong with it, and the fix. */
export interface Problem {
  readonly code: ErrorCode;
  /** Dotted path in the document; empty for the document itself. */
  readonly path: string;
  /** A clause that names the limit or the mistake: `is over 3600 s, the limit of a chained session`. */
  readonly text: string;
  readonly fix: string;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A problem; without `fix` it is the table's. */
export function problem(code: ErrorCode, path: string, text: string, fix: string = ERRORS[code].fix): Problem {
  return { code, path, text, fix };
}

/** All problems of a document in one line, as an admission message or an exit line shows them. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems
    .map(
      ({ code, path, text, fix }) =>
        `${path === '' ? 'it' : path} ${text}; ${lowerFirst(fix).replace(/\.$/, '')} (${code})`,
    )
    .join('. ');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A value as a message may show it: typed, short, and never more than one line. */
export function show(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return 'nothing';
  // Cut first: a text may be as long as the whole document, and be shown again and again.
  const text = JSON.stringify(value.slice(0, 80));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
