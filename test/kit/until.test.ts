import { eventually, lastAnswer, until } from './until.ts';

/** A look that fails or sees nothing until its third time. */
function thirdTime(before: () => undefined | false): {
  readonly look: () => string | false | undefined;
  looks: number;
} {
  const tries = { look: () => (++tries.looks < 3 ? before() : 'there'), looks: 0 };
  return tries;
}
const fail = (): never => {
  throw new Error('not there');
};
const now = { ms: 0, everyMs: 1 };

test.each([
  ['undefined', () => undefined],
  ['false', () => false as const],
  ['an error', fail],
])('%s counts as not yet', async (_name, before) => {
  const tries = thirdTime(before);
  await expect(eventually('it comes', tries.look, { everyMs: 1 })).resolves.toBe('there');
  expect(tries.looks).toBe(3);
});

test('what never comes is said with the last error, after one look at least', async () => {
  const given = expect.objectContaining({
    message: expect.stringContaining('it comes'),
    cause: new Error('not there'),
  });
  await expect(eventually('it comes', fail, now)).rejects.toEqual(given);
  await expect(eventually(() => 'it comes', fail, now)).rejects.toEqual(given);
  await expect(until('it comes', 0, fail)).rejects.toEqual(given);
  await expect(eventually('it comes', () => 'there', now)).resolves.toBe('there');
  await expect(until('it holds', 0, () => true)).resolves.toBeUndefined();
  await expect(until('it holds', 0, () => false)).rejects.toThrow('it holds');
});

test('what is hopeless ends it at once, and so does an error that is fatal', async () => {
  const hopeless = (): string => 'it has ended';
  await expect(until('it comes', Infinity, () => false, hopeless)).rejects.toThrow('it has ended');
  await expect(eventually('it comes', fail, { ms: Infinity, isFatal: () => true })).rejects.toThrow('not there');
});

test('lastAnswer waits for one that passes, and takes no error for an answer', async () => {
  const { look } = thirdTime(() => undefined);
  await expect(
    lastAnswer(
      async () => look(),
      (answer) => answer === 'there',
    ),
  ).resolves.toBe('there');
  await expect(
    lastAnswer(
      async () => fail(),
      () => true,
    ),
  ).rejects.toThrow('not there');
});
