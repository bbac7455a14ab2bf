/** Lines of cells, each column as wide as its widest cell, at most `mostWide` characters: what is longer stands over. */
export function columns(lines: readonly (readonly string[])[], mostWide = Infinity): string {
  const count = Math.max(0, ...lines.map((line) => line.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.min(mostWide, Math.max(...lines.map((line) => line[column]?.length ?? 0))),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
