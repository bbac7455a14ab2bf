/** A scrape held against the table of metrics in shared, both ways. */
import { METRIC_LABELS, METRICS, type MetricEntry, type MetricLabel } from '@rolechain/shared';

type Labels = Readonly<Record<string, string>>;
interface Scraped {
  readonly type: string | undefined;
  readonly help: string | undefined;
  readonly samples: Labels[];
}

/**
 * Fails unless the scrape has all metrics of the program and no others, of their types, with their help, and each sample
 * exactly the labels of its row, with values that these take. `unseen`: those with labels that have no sample here, so that
 * none goes unlooked at in silence.
 */
export function expectTable(program: keyof typeof METRICS, text: string, unseen: readonly string[] = []): void {
  const rows: readonly MetricEntry[] = Object.values(METRICS[program]);
  const found = read(text);
  const exposed = [...found].map(([name, { type, help }]) => ({ name, type, help }));
  const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
    one.name < other.name ? -1 : 1;
  expect(exposed.toSorted(byName)).toEqual(rows.map(({ name, type, help }) => ({ name, type, help })).toSorted(byName));
  for (const { name, labels } of rows) {
    for (const sample of found.get(name)?.samples ?? []) {
      expect([name, Object.keys(sample).toSorted()]).toEqual([name, labels.toSorted()]);
      for (const [label, value] of Object.entries(sample))
        expect(METRIC_LABELS[label as MetricLabel].values ?? [value]).toContain(value);
    }
  }
  expect(rows.filter(({ name }) => found.get(name)?.samples.length === 0).map(({ name }) => name)).toEqual(unseen);
}

/** Prometheus' text format, as prom-client writes it: no label's value of ours has a quote or a comma in it. */
function read(text: string): Map<string, Scraped> {
  const found = new Map<string, Scraped>();
  const helps = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', help = '']) => [name, help]));
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    found.set(name, { type, help: helps.get(name), samples: [] });
  for (const [, name = '', labels = ''] of text.matchAll(/^([^#{\s]+)(?:\{(.*)\})? \S+$/gm)) {
    const histogram = found.get(name.replace(/_(?:bucket|sum|count)$/, ''));
    const metric = found.get(name) ?? (histogram?.type === 'histogram' ? histogram : undefined);
    if (metric === undefined) throw new Error(`${name} has no # TYPE`);
    const pairs = [...labels.matchAll(/\b(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]);
    metric.samples.push(Object.fromEntries(pairs.filter(([label]) => label !== 'le')) as Labels);
  }
  return found;
}
