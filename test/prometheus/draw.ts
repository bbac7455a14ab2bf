/**
 * Draws each panel of the dashboard from a running Prometheus as one SVG, to be looked at where there is no Grafana:
 * `ROLECHAIN_DRAW_DASHBOARD=/tmp/dashboard.svg` with the test beside it.
 */
import { ROWS, type Panel } from '../../scripts/generate/dashboard.ts';

const [WIDTH, HEIGHT, COLUMNS] = [420, 240, 3];
const COLOURS = ['#3274d9', '#e02f44', '#56a64b', '#ff780a', '#8f3bb8', '#1f8a8a'];

interface Series {
  readonly legend: string;
  readonly values: readonly (readonly [number, number])[];
}
/** By PromQL, over the last so many seconds. */
export type QueryRange = (
  expr: string,
) => Promise<readonly { metric: Readonly<Record<string, string>>; values: readonly (readonly [number, string])[] }[]>;

export async function drawDashboard(query: QueryRange): Promise<string> {
  const panels = ROWS.flatMap((row) => row.panels);
  const drawn = await Promise.all(panels.map(async (panel) => drawPanel(panel, await seriesOf(panel, query))));
  const placed = drawn.map((panel, index) => {
    const [x, y] = [(index % COLUMNS) * WIDTH, Math.floor(index / COLUMNS) * HEIGHT];
    return `<g transform="translate(${x} ${y})">${panel}</g>`;
  });
  const height = Math.ceil(panels.length / COLUMNS) * HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${COLUMNS * WIDTH}" height="${height}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>${placed.join('')}</svg>`;
}

async function seriesOf({ queries }: Panel, query: QueryRange): Promise<Series[]> {
  const found = await Promise.all(
    queries.map(async ({ expr, legend }) =>
      (await query(expr)).map(({ metric, values }) => ({
        legend: legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
        values: values.map(([at, value]) => [at, Number(value)] as const).filter(([, value]) => Number.isFinite(value)),
      })),
    ),
  );
  return found.flat();
}

function drawPanel({ title, unit }: Panel, series: readonly Series[]): string {
  const points = series.flatMap(({ values }) => values);
  const times = points.map(([at]) => at);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const top = Math.max(0, ...points.map(([, value]) => value)) * 1.1 || 1;
  const [left, right, high, low] = [50, WIDTH - 16, 30, HEIGHT - 60];
  const x = (at: number): number => left + ((at - from) / (to - from || 1)) * (right - left);
  const y = (value: number): number => low - (value / top) * (low - high);
  const lines = series.map(({ values }, index) => {
    const path = values.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${COLOURS[index % COLOURS.length]}" stroke-width="1.5"/>`;
  });
  const legends = series.slice(0, 6).map(({ legend, values }, index) => {
    const [lx, ly] = [left + (index % 2) * 180, low + 16 + Math.floor(index / 2) * 13];
    const last = values.at(-1)?.[1];
    return `<text x="${lx}" y="${ly}" fill="${COLOURS[index % COLOURS.length]}">${legend.slice(0, 24)}: ${last?.toPrecision(3)}</text>`;
  });
  const none = series.length === 0 ? `<text x="150" y="100" fill="#a00">no data</text>` : '';
  return [
    `<text x="${left}" y="18" font-weight="bold">${title} (${unit})</text>`,
    `<path d="M${left} ${high}V${low}H${right}" fill="none" stroke="#999"/>`,
    `<text x="4" y="${high + 4}" fill="#666">${top.toPrecision(3)}</text><text x="4" y="${low}" fill="#666">0</text>`,
    ...lines,
    ...legends,
    none,
  ].join('');
}
