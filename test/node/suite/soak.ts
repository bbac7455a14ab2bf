/** A minute of the soak (`pnpm soak --minutes N` is the longer one). */
import { soak } from '../../soak/soak.ts';
import { tableOf } from '../../soak/report.ts';
import type { NodeFixture } from './fixture.ts';

const MINUTES = 1;

export function soaking(get: () => NodeFixture): void {
  test('a minute of pods, weather, settings and rollouts: no SDK sees an error', async () => {
    const { rows } = await soak({ ...get(), minutes: MINUTES, say: () => undefined });
    console.log(tableOf(rows));
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  });
}
