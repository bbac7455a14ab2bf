import { makeTokenBucket } from './token-bucket.ts';

/** Whether it may be done now: what has to wait is ended by its signal. */
async function isFree({ take }: ReturnType<typeof makeTokenBucket>): Promise<boolean> {
  const ending = new AbortController();
  let isOver = false;
  const taking = take(ending.signal).then(() => (isOver = true));
  await new Promise(setImmediate);
  const was = isOver;
  ending.abort();
  await taking;
  return was;
}

it('lets through a burst, then one each interval, and a burst again after as long a rest', async () => {
  const HOUR = 3_600_000;
  let now = 0;
  const pass = (ms: number): void => void (now += ms);
  const allowance = makeTokenBucket({ burst: 3, everyMs: HOUR, now: () => now });
  const asked = async (times: number): Promise<boolean[]> => {
    const outcomes: boolean[] = [];
    for (let i = 0; i < times; i++) outcomes.push(await isFree(allowance));
    return outcomes;
  };
  expect(await asked(4)).toEqual([true, true, true, false]);
  // What had to wait was taken, too.
  pass(2 * HOUR);
  expect(await asked(2)).toEqual([true, false]);
  pass(10 * HOUR);
  expect(await asked(4)).toEqual([true, true, true, false]);
});
