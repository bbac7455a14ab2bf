/** The budget of the contract, section 6: what one input may cost. */
import { SETTINGS } from '@rolechain/webhook/testing';
import { admitInProcess } from '@rolechain/webhook/testing/in-process.ts';
import { described } from './aloud.ts';
import { AT_LIMITS } from './at-limits.ts';
import { costOf, judge, startLooking } from './budget.ts';
import { startMeasurer, type Measurer } from './measurer.ts';
import { FORMS, parsingMs } from './parsing.ts';
import { search } from './search.ts';
import { bodyOf, storedAnnotations } from './input.ts';
import { requestOf, reviewOf } from './parts.ts';
import { ROWS } from './seeds.ts';

describe('one input', () => {
  let measurer: Measurer;
  beforeAll(async () => {
    measurer = await startLooking();
  });
  afterAll(() => measurer.stop());

  test.each(ROWS)('$name', async ({ input }) => {
    expect((await judge(measurer, input)).find).toBeUndefined();
  });

  test.each(AT_LIMITS)('$name', async ({ input }) => {
    expect((await judge(measurer, input)).find).toBeUndefined();
  });

  test.each(AT_LIMITS)('$name: the work is done, not turned away', async ({ input }) => {
    const lookup = (namespace: string, name: string) =>
      Promise.resolve({ namespace, name, annotations: storedAnnotations(input.account) });
    const server = await admitInProcess({
      settings: () => SETTINGS,
      lookup,
      lookupNamespace: () => Promise.resolve({}),
    });
    const { text } = await server.mutate(bodyOf(input) ?? '');
    const { response } = JSON.parse(text) as { response: { patch?: string; auditAnnotations?: unknown } };
    const patch = Buffer.from(response.patch ?? '', 'base64').toString();
    expect([patch, JSON.stringify(response.auditAnnotations)].join()).toMatch(
      /ROLECHAIN_CONFIG|OwnContainerCredentials/,
    );
  });

  test.each(Object.keys(FORMS))('parsing is linear: %s', async (form) => {
    const [one, seven] = [await parsingMs(measurer, form, 1), await parsingMs(measurer, form, 7)];
    // Three times the room: the garbage collector has more to do. What grows with the square takes seven times as long.
    expect(seven).toBeLessThan(7 * one * 3);
    console.log(`parsing ${form}: ${one.toFixed(1)} ms the first MiB, ${(seven / 7).toFixed(1)} ms each of seven`);
  });

  test('one over the budget is noticed, by time', async () => {
    const budget = { ms: { webhook: 0.01, sidecar: 0.01 }, mib: 64 };
    for (const input of [reviewOf(), requestOf()]) {
      expect((await judge(measurer, input, { budget })).find).toMatchObject({ what: 'time' });
    }
  });
});

test('one that ends the process is noticed', async () => {
  const measurer = await startMeasurer({ heapMiB: 128, youngMiB: 1, giveUpMs: 60_000 });
  const input = reviewOf();
  const outcome = await measurer.ask({ input, how: 'eat' });
  expect(outcome).toMatchObject({ ended: 'memory' });
  expect(costOf(input, outcome).memory).toBeGreaterThan(1);
  // And another has taken its place.
  expect(await measurer.ask({ input, how: 'once' })).toHaveProperty('measured');
  measurer.stop();
});

test('30 seconds of looking for the costliest inputs find none over the budget', async () => {
  // Always the same: `pnpm fuzz` takes others.
  const seed = 317_792_164;
  const { tried, finds } = await search({ seed, seconds: 30, enough: 5 });
  expect(finds.map(described)).toEqual([]);
  console.log(`${tried} inputs tried, seed ${seed}`);
  expect(tried).toBeGreaterThan(ROWS.length);
});
