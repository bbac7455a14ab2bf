import { slugOf } from '../../scripts/generate/troubleshooting-page.ts';
import { IDENTITY } from './happen/identity.ts';
import { INSTALLATION } from './happen/installation.ts';
import { REFUSED } from './happen/refused.ts';
import { RUNNING } from './happen/running.ts';
import { UNSEEN } from './happen/unseen.ts';
import { differences, gradeOf, holds } from './measure.ts';
import { gradesTable, WAYS, wayOf } from './table.ts';

const HAPPENINGS = [REFUSED, IDENTITY, INSTALLATION, RUNNING, UNSEEN];

test('each way of the table happens in a test, and no other', () => {
  const happen = HAPPENINGS.flatMap((one) => Object.keys(one));
  expect(happen.toSorted()).toEqual(WAYS.map(({ id }) => id).toSorted());
});

test('each has a name of its own, and a heading', () => {
  for (const values of [WAYS.map(({ id }) => id), WAYS.map(({ title }) => slugOf(title))]) {
    expect(new Set(values).size).toBe(values.length);
  }
});

test('the first viewer is one that the page quotes', () => {
  expect(WAYS.filter(({ first, symptoms }) => symptoms[first] === undefined)).toEqual([]);
});

test('the grades', () => {
  process.stdout.write(`\n${gradesTable(WAYS)}\n`);
  expect(WAYS.length).toBeGreaterThanOrEqual(40);
  expect(WAYS.filter(({ grade }) => grade < 3).length).toBeLessThanOrEqual(6);
});

describe('the measure', () => {
  const way = wayOf('static-keys');
  const [cause, fix] = [
    'The container sets static AWS keys, which every SDK prefers: container app.',
    'Take them out, or name the container in the annotation rolechain.io/skip-containers.',
  ];
  test.each([
    [3, { 'kubectl apply': `${cause}\n  ${fix}` }],
    [2, { 'kubectl apply': 'Error', 'rolechain explain pod': `${cause} ${fix}` }],
    [1, { 'kubectl apply': cause }],
    [0, { 'kubectl apply': 'Error' }],
  ])('%s', (grade, seen) => {
    expect(gradeOf(way, seen)).toBe(grade);
  });

  test('what the page quotes and nobody prints is told, and a grade that is not measured', () => {
    expect(differences(way, { 'kubectl apply': 'Error' })).toEqual([
      expect.stringContaining('kubectl apply does not print'),
      expect.stringContaining('grade 0, not 3'),
    ]);
  });

  test('… stands for anything, in order', () => {
    expect([holds('a b\n  c', 'A … c'), holds('c a', 'a … c'), holds('a', 'b')]).toEqual([true, false, false]);
  });
});
