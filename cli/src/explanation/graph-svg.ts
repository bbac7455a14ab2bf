/**
 * The chains as SVG: a column of boxes each. A chain never branches, so that Graphviz has nothing to lay out here, which would
 * be 1.4 MB of the bundle. Pure.
 */
import type { Drawing } from './graph.ts';

const [BOX, GAP, MARGIN, LINE] = [44, 56, 20, 24];
/** Of the font, on average and generously. */
const CHAR = 7.6;

export function graphSVG(drawings: readonly Drawing[]): string {
  const widths = drawings.map(({ title, steps }) => {
    const chars = [title, ...steps.flatMap(({ name, call }) => [name, `      ${call}`])].map(({ length }) => length);
    return Math.max(...chars) * CHAR + 2 * MARGIN;
  });
  const most = Math.max(1, ...drawings.map(({ steps }) => steps.length));
  const height = 2 * MARGIN + LINE + most * BOX + (most - 1) * GAP;
  const width = widths.reduce((sum, one) => sum + one, MARGIN * (drawings.length + 1));
  let x = MARGIN;
  const columns = drawings.map((drawing, index) => {
    const columnWidth = widths[index] ?? 0;
    const column = columnOf(drawing, x, columnWidth);
    x += columnWidth + MARGIN;
    return column;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif" font-size="13">`,
    '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 10 5 0 10z" fill="#5b6b7b"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...columns,
    '</svg>',
  ].join('\n');
}

function columnOf({ title, steps }: Drawing, x: number, width: number): string {
  const middle = x + width / 2;
  const boxes = steps.map(({ name, call }, index) => {
    const y = MARGIN + LINE + index * (BOX + GAP);
    const fill = index === steps.length - 1 ? '#dcebfa' : '#f4f6f8';
    const arrow =
      index === 0
        ? []
        : [
            `<line x1="${middle}" y1="${y - GAP}" x2="${middle}" y2="${y - 2}" stroke="#5b6b7b" marker-end="url(#arrow)"/>`,
            `<text x="${middle + 10}" y="${y - GAP / 2 + 4}" fill="#5b6b7b">${escapeXML(call)}</text>`,
          ];
    return [
      ...arrow,
      `<rect x="${x}" y="${y}" width="${width}" height="${BOX}" rx="6" fill="${fill}" stroke="#5b6b7b"/>`,
      `<text x="${middle}" y="${y + BOX / 2 + 5}" text-anchor="middle">${escapeXML(name)}</text>`,
    ].join('\n');
  });
  return [`<text x="${x}" y="${MARGIN + 4}" font-weight="bold">${escapeXML(title)}</text>`, ...boxes].join('\n');
}

function escapeXML(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
