/**
 * A model of Go's `encoding/csv` with its defaults, line by line as its reader goes (reader.go: readLine, readRecord):
 * written apart from the product's, so that the two can differ; test/csv holds both against Go. Only for tests.
 */

/** The first record; null where the reader gives an error or finds none. */
export function readGoCSV(text: string): string[] | null {
  const lines = linesOf(text);
  let line = lines.shift();
  while (line === '\n' || line === '') line = lines.shift();
  if (line === undefined) return null;
  const record: string[] = [];
  for (;;) {
    if (!line.startsWith('"')) {
      const [field = ''] = line.split(',', 1);
      const isLast = field.length === line.length;
      const value = isLast ? field.replace(/\n$/, '') : field;
      if (value.includes('"')) return null;
      record.push(value);
      if (isLast) return record;
      line = line.slice(field.length + 1);
      continue;
    }
    line = line.slice(1);
    let value = '';
    for (;;) {
      const at: number = line.indexOf('"');
      if (at < 0) {
        value += line;
        const next = lines.shift();
        if (next === undefined) return null;
        line = next;
        continue;
      }
      value += line.slice(0, at);
      line = line.slice(at + 1);
      if (!line.startsWith('"')) break;
      value += '"';
      line = line.slice(1);
    }
    if (line !== '' && line !== '\n' && !line.startsWith(',')) return null;
    record.push(value);
    if (!line.startsWith(',')) return record;
    line = line.slice(1);
  }
}

/** Each with its \n, into which \r\n turns; one at the end without it loses its \r. */
function linesOf(text: string): string[] {
  const parts = text.split('\n');
  const last = (parts.pop() ?? '').replace(/\r$/, '');
  return [...parts.map((part) => `${part.replace(/\r$/, '')}\n`), ...(last === '' ? [] : [last])];
}
