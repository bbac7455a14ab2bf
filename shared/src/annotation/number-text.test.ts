import fc from 'fast-check';
import { parseAssumeRole } from './parse.ts';
import { ARN, codesOf, roleOf } from './testing.ts';

describe('an externalID that looks like a number', () => {
  test.each([
    '123',
    '0123',
    '0x7b',
    '0o17',
    '1e3',
    '1.0',
    '-1',
    '+1',
    '.5',
    '.inf',
    '-.INF',
    '.nan',
    'true',
    'null',
    '~',
    '',
  ])('%s is refused without quotes and kept with them', (written) => {
    expect(codesOf(`roleARN: ${ARN}\nexternalID: ${written}`)).toEqual(['FieldWrongType externalID']);
    if (/^[\w+.-]{2,}$/.test(written))
      expect(roleOf(`roleARN: ${ARN}\nexternalID: "${written}"`).externalID).toBe(written);
  });

  test('is never converted: what is accepted is what was written', () => {
    const written = fc.oneof(
      fc.stringMatching(/^[0-9+.eExXoObB_:-]{2,14}$/),
      fc.stringMatching(/^[\w+=,.@:/-]{2,14}$/),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(written, (text) => {
        const parsed = parseAssumeRole(`roleARN: ${ARN}\nexternalID: ${text}`);
        if (parsed.ok) expect(parsed.value[0]?.externalID).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a tag that looks like a number', () => {
  test.each(['5', '1e3', 'true', 'null', '~', '0x1', '.5'])(
    '%s is refused without quotes, as key it is text',
    (written) => {
      expect(codesOf(`roleARN: ${ARN}\ntags: {a: ${written}}`)).toEqual(['FieldWrongType tags.a']);
      if (written === '~') return;
      expect(roleOf(`roleARN: ${ARN}\ntags: {a: "${written}"}`).tags).toEqual({ a: written });
      expect(roleOf(`roleARN: ${ARN}\ntags: {${written}: "a"}`).tags).toEqual({ [written]: 'a' });
    },
  );
});
