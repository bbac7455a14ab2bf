import { GUARD_BINDINGS } from '@rolechain/shared';
import { until, PATIENCE_MS } from '@rolechain/kit/until.ts';
import { watchGuard, type ReadActions } from './guard-bindings.ts';

const AUDITING = ['Audit', 'Warn'];

/** Looks until the bindings were read so often, and what was said. */
async function watched(
  reads: readonly ReadActions[],
): Promise<{ troubles: string[]; gauge: unknown[]; lines: unknown[] }> {
  const [troubles, gauge, lines]: [string[], unknown[], unknown[]] = [[], [], []];
  const stop = new AbortController();
  let looks = 0;
  const watch = watchGuard({
    read: (name) => (reads[Math.min(Math.floor(looks / GUARD_BINDINGS.length), reads.length - 1)] ?? absent)(name),
    metrics: {
      guardDenies: (denies) => {
        gauge.push(denies);
        looks += GUARD_BINDINGS.length;
      },
    },
    log: {
      info: (_fields: object, text?: string) => lines.push(text),
      warn: (fields: object) => lines.push(fields),
    } as never,
    signal: stop.signal,
    everyMs: 1,
  });
  const kept = watch.keep();
  for (let look = 1; look <= reads.length; look++) {
    await until(`look ${look}`, PATIENCE_MS, () => Promise.resolve(gauge.length >= look));
    troubles.push(watch.troubles().join());
  }
  stop.abort();
  await kept;
  return { troubles, gauge, lines };
}

const absent: ReadActions = () => Promise.resolve(undefined);
const auditing: ReadActions = () => Promise.resolve(AUDITING);
const denying: ReadActions = (name) => Promise.resolve(name === 'rolechain-guard-opted-in' ? ['Deny'] : AUDITING);
const forbidden: ReadActions = () => Promise.reject(new Error('403'));

test.each([
  ['without a guard', absent, '', false],
  ['with a guard that audits', auditing, '', false],
  ['with one binding that denies', denying, 'GuardDenies', true],
  ['without the right to read them', forbidden, 'GuardUnknown', undefined],
] as const)('%s', async (_name, read, code, gauge) => {
  const seen = await watched([read]);
  expect([seen.troubles[0], seen.gauge[0]]).toEqual([code, gauge]);
  expect(seen.lines).toHaveLength(code === '' ? 0 : 1);
});

test('it names the binding and the fix, once as long as it lasts', async () => {
  const { lines } = await watched([denying, denying, denying]);
  expect(lines).toMatchObject([
    {
      code: 'GuardDenies',
      bindings: ['rolechain-guard-opted-in'],
      fix: expect.stringContaining('overlay audit') as string,
    },
  ]);
});
