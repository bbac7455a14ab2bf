import { LIMITS } from '@rolechain/shared';
import { readAccount } from './cached-annotation.ts';
import { TARGET, account } from '../testing/fixtures.ts';

const FLUX = 'aws.auth.fluxcd.io/assume-role';
const off = { fluxAlias: false };
const on = { fluxAlias: true };

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

test('of thousands of mistakes no more are kept than a message shows', () => {
  const fields = Array.from({ length: 3000 }, (_, index) => [`x${index}`, 1]);
  const read = readAccount(account(JSON.stringify(Object.fromEntries(fields))), off);
  expect(read?.roles).toMatchObject({ ok: false, problems: { length: LIMITS.problemsKept } });
});
