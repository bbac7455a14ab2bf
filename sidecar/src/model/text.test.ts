import { timesAsMuch } from '@rolechain/kit/cost.ts';
import { oneLine } from './text.ts';

const TOKEN = `eyJ${'h'.repeat(30)}.${'p'.repeat(300)}.${'s'.repeat(300)}`;

test('one line, short, without tokens', () => {
  expect(oneLine(` not\r\n allowed\t: ${TOKEN}!  `, 200)).toBe('not allowed : <token>!');
  expect(oneLine('x'.repeat(100), 10)).toBe('xxxxxxx...');
});

test('a token is left out also where the text is cut within it', () => {
  for (let before = 0; before < 1700; before += 50) {
    expect(oneLine(`${' '.repeat(before)}${TOKEN}`, 100)).toMatch(/^(?:<token>|eyJh{0,30})?$/);
  }
});

test('beginnings of tokens without an end', () => {
  const honest = 'User is not authorized to perform sts:AssumeRole '.repeat(100);
  const some = (text: string) => () => Array.from({ length: 20 }, () => oneLine(text, 300));
  // By the square of the text they took 10 s each.
  expect(timesAsMuch(some(honest), some('eyJ-'.repeat(50_000)), 200)).toBeLessThan(200);
});
