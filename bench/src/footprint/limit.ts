/** The shipped sidecar under the shipped memory limit, with its startup probe in the same container. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ENV } from '@rolechain/shared';
import { SHIPPED_LIMIT_MIB, type Groups } from '@rolechain/test/cgroup/memory.ts';
import type { Image } from './image.ts';
import type { Meter } from './meter.ts';
import { SHORT_SESSION_SECONDS, start, untilRefreshed } from './running.ts';
import type { World } from './world.ts';

export interface UnderLimit {
  readonly firstMs: number;
  readonly peakMiB: number | undefined;
  /** Pages of files that were charged to it: nearly all of node where the page cache was cold. */
  readonly fileMiB: number;
  /** OOM kills, requests without credentials, probes that failed, an end of the process. */
  readonly failures: number;
}

/** Starts, is probed each second, serves 200 requests and refreshes. */
export async function underLimit(
  { contestant, prober }: Image,
  { world, meter, groups, name, probes }: { world: World; meter: Meter; groups: Groups; name: string; probes: number },
): Promise<UnderLimit> {
  const group = groups.make(name, SHIPPED_LIMIT_MIB);
  world.setSessionSeconds(SHORT_SESSION_SECONDS);
  const running = await start(contestant(group.enter), world);
  try {
    const { file } = group.memory();
    let failures = 0;
    for (let probe = 0; probe < probes; probe++) {
      if ((await meter.run(prober(group.enter), { [ENV.root]: running.pod.files.root })).code !== 0) failures++;
      await sleep(1000);
    }
    await untilRefreshed([running], world);
    failures += (await meter.load(running, { rate: 200, seconds: 1, kept: false })).failed;
    // The collection of garbage after the refresh.
    await sleep(1500);
    failures += group.oomKills() + (running.runs() ? 0 : 1);
    return { firstMs: running.firstMs, peakMiB: group.peak(), fileMiB: file, failures };
  } finally {
    await running.stop();
  }
}
