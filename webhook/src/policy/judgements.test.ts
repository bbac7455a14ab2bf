import { LIMITS } from '@rolechain/shared';
import { SETTINGS, TARGET, account } from '../testing/fixtures.ts';
import { UNKEPT, makeJudgements } from './judgements.ts';

const FLUX = 'aws.auth.fluxcd.io/assume-role';
const off = { fluxAlias: false, maxSessionDuration: LIMITS.durationMaxSeconds };
const on = { ...off, fluxAlias: true };
const { readAccount, judge } = makeJudgements();

test('a text is read once, whichever account has it', () => {
  const first = readAccount(account(`roleARN: ${TARGET}`), off);
  expect(first?.roles).toMatchObject({ ok: true, value: [{ roleARN: TARGET }] });
  expect(readAccount({ ...account(`roleARN: ${TARGET}`), name: 'other' }, off)).toBe(first);
  expect(readAccount(account(`roleARN: ${TARGET} `), off)).not.toBe(first);
});

test("Flux's annotation and its setting are part of what is read", () => {
  const other = 'arn:aws:iam::333333333333:role/other';
  const both = account(TARGET, { [FLUX]: `roleARN: ${other}` });
  expect(readAccount(both, off)?.roles.ok).toBe(true);
  expect(readAccount(both, on)?.roles.ok).toBe(false);
  expect(readAccount(both, off)?.roles.ok).toBe(true);
  const flux = account('', { [FLUX]: `roleARN: ${other}` });
  expect(readAccount(flux, off)).toBeUndefined();
  expect(readAccount(flux, on)).toMatchObject({ key: FLUX, roles: { ok: true } });
});

test('so is the longest session: what writes no duration lasts as long', () => {
  const seconds = (maxSessionDuration: number): unknown => {
    const read = readAccount(account(`roleARN: ${TARGET}`), { ...off, maxSessionDuration });
    return read?.roles.ok && read.roles.value[0]?.durationSeconds;
  };
  expect([seconds(900), seconds(43_200), seconds(1800)]).toEqual([900, 3600, 1800]);
});

test('of thousands of mistakes no more are kept than a message shows', () => {
  const fields = Array.from({ length: 3000 }, (_, index) => [`x${index}`, 1]);
  const read = readAccount(account(JSON.stringify(Object.fromEntries(fields))), off);
  expect(read?.roles).toMatchObject({ ok: false, problems: { length: LIMITS.problemsKept } });
});

describe('a judgement', () => {
  const by = { account: account(TARGET), settings: SETTINGS, others: new Map(), patterns: undefined };

  test('is made once for what is equal', () => {
    const first = judge(by);
    expect(first).toMatchObject({ outcome: 'accepted' });
    expect(judge({ ...by, account: account(TARGET) })).toBe(first);
  });

  test.each([
    ['another account', { account: { ...by.account, name: 'other' } }],
    ['another account that it names', { others: new Map([['shop/other', account(TARGET)]]) }],
    ['other patterns', { patterns: 'arn:aws:iam::*:*' }],
    ['other settings', { settings: { ...SETTINGS, region: 'eu-west-1' } }],
  ])('of %s is another one', (_name, change) => {
    const first = judge(by);
    expect(judge({ ...by, ...change })).not.toBe(first);
  });

  test('is made each time where none are kept', () => {
    expect(UNKEPT.judge(by)).not.toBe(UNKEPT.judge(by));
    expect(UNKEPT.judge(by)).toEqual(judge(by));
    expect(UNKEPT.readAccount(account(TARGET), off)).toEqual(readAccount(account(TARGET), off));
  });
});
