import { memoryOf, parseMemory } from './memory.ts';

const STATUS = 'Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\nRssAnon:\t 1 kB\n';
const ROLLUP = 'Rss:  102400 kB\nPss:   51200 kB\nPss_Anon:  1 kB\nAnonymous:    25600 kB\nLazyFree: 0 kB\n';

test('the figures of /proc, in MiB', () => {
  expect(parseMemory(STATUS, ROLLUP)).toEqual({ resident: 100, peak: 200, proportional: 50, anonymous: 25 });
});

test('a process that has ended has no figures', () => {
  expect(() => parseMemory('Name:\tnode\nState:\tZ (zombie)\n', '')).toThrow('no VmRSS');
});

test('of this process: the parts are no more than the whole', () => {
  const { resident, peak, anonymous } = memoryOf(process.pid);
  expect(anonymous).toBeLessThanOrEqual(resident);
  expect(resident).toBeLessThanOrEqual(peak);
});
