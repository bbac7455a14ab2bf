/** A row of a table, its cells escaped. */
export const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

export const code = (text: string): string => `\`${text}\``;

/** `<role>` is a tag to Markdown, which pages leave out; between backticks it is text. */
export function plain(text: string): string {
  const parts = text.split(/(`[^`]*`)/);
  return parts.map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '\\<'))).join('');
}

const cell = (text: string): string => plain(text.replaceAll('|', '\\|'));
