import { against, atMost, format, told } from './row.ts';
import { markdownTable, plainTable, verdict } from './table.ts';
import { intoPage } from './write.ts';

const ROWS = [
  atMost('calls', 1.5, 2, '/s'),
  { ...atMost('memory', 20, 17, 'MiB'), note: 'the node binary is the most of it' },
  against('rate', { ours: 2000, peer: 1000, name: 'Go', unit: '/s' }, { atLeast: 1 }),
  against('p99', { ours: 3, peer: 1, name: 'Go', unit: 'ms' }, { atMost: 1.5 }),
  told('mean', '41.7'),
];

test('a goal that is missed stands as missed, with its reason', () => {
  expect(plainTable(ROWS).split('\n')).toEqual([
    'work    ours      peer           ratio  goal          met',
    'calls   1.5 /s                          ≤ 2 /s        met',
    'memory  20 MiB                          ≤ 17 MiB      missed',
    'rate    2,000 /s  1,000 /s (Go)  2      ≥ 1 × peer    met',
    'p99     3 ms      1 ms (Go)      3      ≤ 1.5 × peer  missed',
    'mean    41.7',
    '',
    '- memory: the node binary is the most of it',
  ]);
});

test('a row without a goal counts neither as met nor as missed', () => {
  expect(verdict(ROWS)).toBe('goals met: 2 of 4');
});

test('a page has the run between its marks, and nothing else changed', () => {
  const page = 'a\n<!-- run: written by `pnpm bench --write` -->\n\nold\n\n<!-- end of run -->\nz\n';
  const run = markdownTable(ROWS.slice(0, 1));
  expect(intoPage(page, run)).toBe(page.replace('old', run));
  expect(() => intoPage('no marks', run)).toThrow('lacks the marks');
});

test.each([
  [0, '0'],
  [0.12345, '0.123'],
  [1234.5, '1,235'],
  [16.4, '16.4'],
])('%p is written as %p', (value, text) => {
  expect(format(value)).toBe(text);
});
