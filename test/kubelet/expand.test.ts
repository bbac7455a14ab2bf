import fc from 'fast-check';
import { expand } from '@rolechain/kit/kubelet-expansion.ts';

const KNOWN: Readonly<Record<string, string>> = {
  A: 'a',
  B: '$(A)',
  EMPTY: '',
  'with.dot': 'd',
  'x y': 's',
  '': 'none',
};
const lookup = (name: string) => (Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined);

test.each([
  ['$(A)', 'a'],
  ['x$(A)y$(A)z', 'xayaz'],
  ['$(with.dot)$(x y)$(EMPTY)', 'ds'],
  ['$()', 'none'],
  // What a value brings in is not read again.
  ['$(B)', '$(A)'],
  ['$(UNDEFINED)', '$(UNDEFINED)'],
  ['$$', '$'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$a'],
  ['$$$$(A)', '$$(A)'],
  ['$', '$'],
  ['a$', 'a$'],
  ['$A ${A} $[A] $é $😀', '$A ${A} $[A] $é $😀'],
  ['$(A', '$(A'],
  ['$(A$$(A', '$(A$(A'],
  ['$(', '$('],
  // The name is what stands before the first closing bracket.
  ['$($(A)', '$($(A)'],
  ['$(A))', 'a)'],
  ['$(\nA)', '$(\nA)'],
  ['(A)', '(A)'],
])('%j becomes %j', (text, expected) => {
  expect(expand(text, lookup)).toBe(expected);
});

/** Text in which the characters that matter are common. */
const tricky = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('$', '(', ')', 'A', '$(A)', '$$', '\\', '\n') },
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

test('agrees with reading one character after the other', () => {
  fc.assert(fc.property(tricky, (text) => expect(expand(text, lookup)).toBe(stepByStep(text))));
});

test('text without $ stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const plain = text.replaceAll('$', '');
      expect(expand(plain, () => 'never')).toBe(plain);
    }),
  );
});

test('text in which every $ is doubled comes back as it was, whatever is defined', () => {
  fc.assert(fc.property(tricky, (text) => expect(expand(text.replaceAll('$', '$$$$'), () => 'never')).toBe(text)));
});

test('a defined name is replaced wherever it stands, by its value as it is', () => {
  const name = fc.stringMatching(/^[A-Za-z_][\w.-]*$/);
  fc.assert(
    fc.property(
      name,
      tricky,
      fc.string().map((text) => text.replaceAll('$', '')),
      (known, value, around) => {
        expect(expand(`${around}$(${known})${around}`, (asked) => (asked === known ? value : undefined))).toBe(
          `${around}${value}${around}`,
        );
      },
    ),
  );
});

/** The rules once more, as a walk over the text instead of a pattern. */
function stepByStep(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const close = text.indexOf(')', at);
    if (text[at] !== '$') {
      out += text.charAt(at++);
    } else if (text[at + 1] === '$') {
      out += '$';
      at += 2;
    } else if (text[at + 1] === '(' && close > 0) {
      out += lookup(text.slice(at + 2, close)) ?? text.slice(at, close + 1);
      at = close + 1;
    } else {
      out += text.charAt(at++);
    }
  }
  return out;
}
