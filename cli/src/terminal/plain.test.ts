import { plain, shown } from './plain.ts';

test('what a terminal would obey is no part of a text from elsewhere, nor what turns its direction', () => {
  expect(plain('a\u001b[31mb\u0007c\nd\u009be\u202ef')).toBe('a [31mb c d e f');
});

test('of a whole text lines and tabs stay, and colours where there are any', () => {
  const text = 'a\tb\r\n\u001b[31mred\u001b[39m \u001b]0;title\u0007\u009b2J over\rwritten\n';
  expect(shown(text, true)).toBe('a\tb\r\n\u001b[31mred\u001b[39m ]0;title2J overwritten\n');
  expect(shown(text, false)).toBe('a\tb\r\nred ]0;title2J overwritten\n');
});
