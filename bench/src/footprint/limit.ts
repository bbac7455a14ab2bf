/** The shipped sidecar under the shipped memory limit, with its startup probe in the same container. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENV, RESOURCES } from '@rolechain/shared';
import { parseQuantity } from '../../../webhook/src/quantity.ts';
import type { Groups } from './cgroup.ts';
import type { Contestant, Contestants } from './contestants.ts';
import type { Meter } from './meter.ts';
import { inGroup, SHORT_SESSION_SECONDS, start, untilRefreshed } from './running.ts';
import type { World } from './world.ts';

export const LIMIT_MIB = (parseQuantity(RESOURCES.memoryLimit) ?? NaN) / 2 ** 20;

/** The shipped programs and a node, for one container. */
interface Image {
  readonly node: string;
  readonly prober: string;
  readonly contestant: Contestant;
}

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
  { node, prober, contestant }: Image,
  { world, meter, groups, name, probes }: { world: World; meter: Meter; groups: Groups; name: string; probes: number },
): Promise<UnderLimit> {
  const group = groups.make(name, LIMIT_MIB);
  world.setSessionSeconds(SHORT_SESSION_SECONDS);
  const running = await start(contestant, world, group.enter);
  try {
    const { file } = group.memory();
    let failures = 0;
    for (let probe = 0; probe < probes; probe++) {
      const command = inGroup(group.enter, [node, prober]);
      if ((await meter.run(command, { [ENV.root]: running.pod.files.root })).code !== 0) failures++;
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

export function warmImage({ shipped, shippedFolder }: Contestants): Image {
  return { node: process.execPath, prober: join(shippedFolder, 'prober.cjs'), contestant: shipped };
}

/** A copy of the files that no process has read: reading them back from the disk is charged to who does it first. */
export function coldImage(contestants: Contestants, { folder }: World, name: string): Image {
  const copy = join(folder, name);
  mkdirSync(copy);
  const node = join(copy, 'node');
  cpSync(process.execPath, node);
  cpSync(contestants.shippedFolder, copy, { recursive: true });
  for (const file of readdirSync(copy)) evict(join(copy, file));
  const { shipped, shippedFolder } = contestants;
  const moved = (word: string): string =>
    word === process.execPath ? node : word.replace(`${shippedFolder}/`, `${copy}/`);
  const launch: Contestant['launch'] = (pod, world) => {
    const whole = shipped.launch(pod, world);
    return { ...whole, command: whole.command.map(moved) };
  };
  return { node, prober: join(copy, 'prober.cjs'), contestant: { name: shipped.name, launch } };
}

/** Writes a file's pages to the disk and takes them out of the page cache (posix_fadvise, as dd's manual shows it). */
function evict(path: string): void {
  const args = [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'];
  const { status, stderr } = spawnSync('dd', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`dd: ${stderr}`);
}

/** KiB that the kernel reads ahead on the device of `path`; undefined where it isn't known. */
export function readAheadKiB(path: string): number | undefined {
  const { dev } = statSync(path);
  // makedev of glibc, for the numbers that occur.
  const device = `/sys/dev/block/${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  for (const place of ['queue', '../queue']) {
    try {
      return Number(readFileSync(join(device, place, 'read_ahead_kb'), 'utf8'));
    } catch {
      // A partition has no queue of its own.
    }
  }
  return undefined;
}
