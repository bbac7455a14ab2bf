/** What a template of the chart has in the place of what stands in the base. Pure. */

export interface Edit {
  readonly from: string;
  readonly to: string;
  /** How often it stands there. Default: once. */
  readonly times?: number;
}

/** Throws where a text isn't there as often as it should: the base has changed, and the edit has to. */
export function edited(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { from, to, times = 1 }) => {
    const parts = before.split(from);
    if (parts.length - 1 !== times) {
      throw new Error(`the base has ${parts.length - 1} times, not ${times} times:\n${from}`);
    }
    return parts.join(to);
  }, text);
}

/** The text between two conditions. */
export function onlyIf(condition: string, text: string): string {
  return `{{- if ${condition} }}\n${text.trimEnd()}\n{{- end }}\n`;
}

export interface Alternative {
  /** The line above the folded block (`>-`), as it stands in the base. */
  readonly above: string;
  readonly condition: string;
  /** What the block holds where the condition is true. */
  readonly value: string;
}

const WIDTH = 110;

/** Gives a folded block (`>-`) another value under a condition, and keeps the base's under the other. */
export function withAlternative(text: string, { above, condition, value }: Alternative): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.trim() === above);
  const head = lines[at + 1] ?? '';
  if (at < 0 || !head.endsWith('>-')) throw new Error(`the base has no folded block below ${above}`);
  const start = at + 2;
  const depth = indentOf(lines[start] ?? '');
  const length = lines.slice(start).findIndex((line) => indentOf(line) < depth);
  const end = length < 0 ? lines.length : start + length;
  const block = [
    `{{- if ${condition} }}`,
    ...folded(value, ' '.repeat(depth)),
    '{{- else }}',
    ...lines.slice(start, end),
    '{{- end }}',
  ];
  return [...lines.slice(0, start), ...block, ...lines.slice(end)].join('\n');
}

/** Lines that YAML folds into the value again: it has no run of spaces. */
function folded(value: string, indent: string): string[] {
  return value.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    const longer = last === undefined ? undefined : `${last} ${word}`;
    if (longer === undefined || longer.length > WIDTH) return [...lines, indent + word];
    return [...lines.slice(0, -1), longer];
  }, []);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
