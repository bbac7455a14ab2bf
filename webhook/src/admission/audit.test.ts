import { LIMITS } from '@rolechain/shared';
import fc from 'fast-check';
import { inWarnings } from './audit.ts';

test('a long text is told whole, in warnings that the apiserver passes on as they are', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 300, unit: fc.constantFrom('a', 'b') })), (words) => {
      const pieces = inWarnings(`would refuse: ${words.join(' ')}`);
      expect(pieces.every((piece) => piece.length <= LIMITS.warningChars)).toBe(true);
      expect(pieces.join('').replaceAll(' ', '')).toBe(`wouldrefuse:${words.join('')}`);
      if (words.every((word) => word.length < 200))
        expect(pieces.join(' ')).toBe(`would refuse: ${words.join(' ')}`.trim());
    }),
  );
});
