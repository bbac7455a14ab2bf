/** The budget of the contract, section 6: what one input may cost. */
import { described } from './aloud.ts';
import { costOf, judge, startLooking } from './budget.ts';
import { startMeasurer, type Measurer } from './measurer.ts';
import { FORMS, parsingMs } from './parsing.ts';
import { search } from './search.ts';
import { ROWS, requestOf, reviewOf } from './seeds.ts';

describe('one input', () => {
  let measurer: Measurer;
  beforeAll(async () => {
    measurer = await startLooking();
  }, 60_000);
  afterAll(() => measurer.stop());

  test.each(ROWS)(
    '$name',
    async ({ input }) => {
      expect((await judge(measurer, input)).find).toBeUndefined();
    },
    120_000,
  );

  test.each(Object.keys(FORMS))(
    'parsing is linear: %s',
    async (form) => {
      const [one, four] = [await parsingMs(measurer, form, 1), await parsingMs(measurer, form, 4)];
      // Twice the room: more memory is in use, and so the garbage collector has more to do.
      expect(four).toBeLessThan(4 * one * 2);
      console.log(`parsing ${form}: ${one.toFixed(1)} ms the first MiB, ${(four / 4).toFixed(1)} ms each of four`);
    },
    120_000,
  );

  test('one over the budget is noticed, by time', async () => {
    const budget = { ms: { webhook: 0.01, sidecar: 0.01 }, mib: 64 };
    for (const input of [reviewOf(), requestOf()]) {
      expect((await judge(measurer, input, { budget })).find).toMatchObject({ what: 'time' });
    }
  }, 60_000);
});

test('one that ends the process is noticed', async () => {
  // Parsed, it is four times as large as its text.
  const input = reviewOf({ body: `[${'1,'.repeat(3.5 * 1024 * 1024)}1]` });
  const small = await startMeasurer({ heapMiB: 96, giveUpMs: 10_000 });
  const outcome = await small.ask({ input, how: 'once' });
  expect(outcome).toMatchObject({ ended: 'memory' });
  expect(costOf(input, outcome).memory).toBeGreaterThan(1);
  // And another has taken its place.
  expect(await small.ask({ input: reviewOf(), how: 'once' })).toHaveProperty('measured');
  small.stop();
}, 120_000);

test('30 seconds of looking for the costliest inputs find none over the budget', async () => {
  const seed = Math.trunc(Math.random() * 2 ** 31);
  const { tried, finds } = await search({ seed, seconds: 30, enough: 5 });
  expect(finds.map(described)).toEqual([]);
  console.log(`${tried} inputs tried, seed ${seed}`);
  expect(tried).toBeGreaterThan(ROWS.length);
}, 300_000);
