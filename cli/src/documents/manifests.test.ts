import { manifestsOf, parseFile } from './manifests.ts';

const read = (text: string): unknown =>
  manifestsOf(parseFile({ name: 'x.yaml', text })).map(({ kind, name }) => [kind, name]);

test.each([
  ['kind: Pod\nmetadata: {name: 1}\n', 'metadata name'],
  ['kind: Pod\nmetadata: {name: x, namespace: [a]}\n', 'metadata namespace'],
  ['kind: Pod\nmetadata: {name: x}\nspec: {serviceAccountName: 1}\n', 'spec serviceAccountName'],
  [
    'kind: Job\nmetadata: {name: x}\nspec: {template: {spec: {serviceAccountName: true}}}\n',
    'the template serviceAccountName',
  ],
  [
    'kind: ServiceAccount\nmetadata: {name: x, annotations: {rolechain.io/assume-role: 5}}\n',
    'annotation rolechain.io/assume-role',
  ],
  ['{"kind": "List", "items": [{"kind": "Pod", "metadata": {"name": 7}}]}', 'metadata name'],
])('%j is not taken for something else', (text, field) => {
  expect(() => read(text)).toThrow(
    `x.yaml: ${/kind\W+(Pod|Job|ServiceAccount)/.exec(text)?.[1] ?? ''}: ${field} is not text.`,
  );
});

test.each(['metadata', 'spec'])('%s that is no map is told', (name) => {
  expect(() => read(`kind: Pod\n${name}: 7\n`)).toThrow(`x.yaml: Pod: ${name} is not a map.`);
});

test('a List that is its own item, by an alias, is told', () => {
  const text = 'kind: List\nitems: &i [{kind: List, items: *i}]\n';
  expect(() => manifestsOf(parseFile({ name: 'a.yaml', text }))).toThrow(/a List is an item of its own/);
});

test('a key that stands a second time is told with its line, a merge is none', () => {
  expect(() => read('kind: Pod\nmetadata:\n  name: a\n  name: b\n')).toThrow('x.yaml: line 4 has a key a second time.');
  const merged =
    'a: &a {x: 1}\nb: &b {y: 1}\nkind: Pod\nmetadata: {name: c, annotations: {<<: *a}, labels: {<<: *b}}\n';
  expect(() => read(merged)).toThrow('annotation x is not text');
});

test('many keys are read in a time that goes with their number', () => {
  const keys = (count: number): string =>
    `kind: ConfigMap\nmetadata: {name: x}\ndata:\n${Array.from({ length: count }, (_, n) => `  k${n}: v\n`).join('')}`;
  const msOf = (count: number): number => {
    const from = process.cpuUsage();
    read(keys(count));
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1000;
  };
  msOf(2_000);
  const [few, many] = [msOf(4_000), msOf(32_000)];
  // Eight times as many: with the square it was 64 times as long.
  expect(many / few).toBeLessThan(30);
});
