import type { UnderLimit } from './limit.ts';
import { change, latencyRows, limitRows, memoryRows, startRows, type Figures } from './rows.ts';

const LOAD = { answers: 500, failed: 0, p50: 0.3, p99: 0.9, max: 2 };

function figures(name: string, first: number, usage: number): Figures {
  const memory = { usage, anon: usage - 1, file: 0 };
  return {
    name,
    times: [first + 50, first, first - 1].map((ms) => ({ listening: ms / 2, first: ms })),
    memory: {
      'after start': memory,
      'after 1,200 requests': memory,
      '12 s after these': memory,
      'after 200 requests': { ...memory, usage: usage + 2 },
      'after a refresh': { ...memory, usage: usage + 1 },
    },
  };
}

const [untuned, go] = [figures('untuned', 200, 40), figures('Go', 20, 4)];

test('the first credential is held against the untuned one, medians of both', () => {
  expect(startRows(figures('shipped', 100, 15), untuned, go)[0]).toMatchObject({ ratio: 0.5, met: true });
  expect(startRows(figures('shipped', 101, 15), untuned, go)[0]).toMatchObject({ met: false });
});

test('memory is held against its goal at the most of its moments at rest', () => {
  expect(memoryRows(figures('shipped', 100, 15), untuned, go)[0]).toMatchObject({ ours: '16 MiB', met: true });
  expect(memoryRows(figures('shipped', 100, 16.1), untuned, go)[0]).toMatchObject({ ours: '17.1 MiB', met: false });
  expect(memoryRows({ ...figures('shipped', 100, 15), memory: undefined }, untuned, go)).toEqual([]);
});

test('requests that failed are a goal of their own', () => {
  const rows = latencyRows('new connections', [LOAD, { ...LOAD, failed: 2 }], [LOAD], [{ ...LOAD, p99: 0.7 }]);
  expect(rows.map(({ met }) => met)).toEqual([true, undefined, undefined, false]);
  expect(rows[1]).toMatchObject({ ours: '0.7 ms' });
});

test('one failure under the limit is one too many', () => {
  const run: UnderLimit = { firstMs: 200, peakMiB: 64, fileMiB: 40, failures: 0 };
  expect(limitRows('cold', [run, run])[0]).toMatchObject({ ours: '0', met: true });
  expect(limitRows('cold', [run, { ...run, failures: 1 }], 'why')[0]).toMatchObject({ met: false, note: 'why' });
});

test.each([
  [94, undefined, '94'],
  [94, 121.5, '94 (-27.5)'],
  [94, 90, '94 (+4)'],
])('%p after %p: %s', (now, before, text) => {
  expect(change(now, before)).toBe(text);
});
