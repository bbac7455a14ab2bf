/**
 * One CSV record by the rules of Go's `encoding/csv` with its defaults (reader.go: readRecord), by which the EKS webhook
 * reads its annotation; test/csv holds it against Go's own reader. Pure, and linear in the text.
 */

/** What the reader made of a text. */
export interface CSVRecord {
  readonly fields: readonly string[];
  /** Whether something stands behind the record, which a reader of one record never sees. */
  readonly more: boolean;
}

/** The first record; empty lines in front of it are none. Undefined where Go gives an error: no record, or quotes out of place. */
export function readCSVRecord(text: string): CSVRecord | undefined {
  // Each line's end is one \n, and of a last line without one the \r goes.
  const all = text.replaceAll('\r\n', '\n').replace(/\r$/, '');
  const fields: string[] = [];
  let at = 0;
  while (all[at] === '\n') at++;
  if (at === all.length) return undefined;
  for (;;) {
    const field = all[at] === '"' ? quoted(all, at) : bare(all, at);
    if (!field) return undefined;
    fields.push(field.value);
    if (all[field.end] !== ',') return { fields, more: /[^\n]/.test(all.slice(field.end)) };
    at = field.end + 1;
  }
}

interface Field {
  readonly value: string;
  /** Of the comma or line's end behind it, or the text's length. */
  readonly end: number;
}

function bare(text: string, start: number): Field | undefined {
  let end = start;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n') {
    if (text[end] === '"') return undefined;
    end++;
  }
  return { value: text.slice(start, end), end };
}

function quoted(text: string, start: number): Field | undefined {
  let value = '';
  for (let at = start + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return undefined;
    value += text.slice(at, quote);
    const next = text[quote + 1];
    if (next === undefined || next === ',' || next === '\n') return { value, end: quote + 1 };
    if (next !== '"') return undefined;
    value += '"';
    at = quote + 2;
  }
}

/** The record as one line's text, from which `readCSVRecord`, and Go, read these fields. Quotes stand only where they must. */
export function writeCSVRecord(fields: readonly string[]): string {
  const [only] = fields;
  if (fields.length === 1 && only === '') return '""';
  return fields.map(written).join(',');
}

function written(field: string): string {
  if (!/[",\r\n]/.test(field)) return field;
  // Of \r\n the reader would leave \n.
  return `"${field.replaceAll('"', '""').replaceAll('\r\n', '\r\r\n')}"`;
}
