/** Plays one flood against one port of a program that runs under its shipped memory limit, with an honest client beside it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { MemoryGroup } from '../cgroup/memory.ts';
import { slowness } from '../faults/slowness.ts';
import { startHonest, type HonestCount, type Manners } from './honest.ts';
import type { FloodCount, FloodOrder, Kind, KindName, PortName } from './kinds.ts';

/** A program that runs, as one of its ports shows it. */
export interface Target {
  readonly pid: number;
  readonly port: number;
  readonly tls: boolean;
  /** Of the flood. */
  readonly request: string;
  readonly path: string;
  readonly headBytes: number;
  readonly manners: () => Manners;
  /** Resolves when the program ends, with how. */
  readonly ended: Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface Row extends HonestCount {
  readonly port: PortName;
  readonly kind: KindName;
  /** By the kernel's OOM killer; and any other end of the program. */
  readonly kills: number;
  readonly ended: string | undefined;
  /** What was charged at most, and the limit. Undefined where the kernel doesn't say. */
  readonly peakMiB: number | undefined;
  readonly limitMiB: number;
  /** Most of sockets where the kernel counts it apart, at another moment perhaps (memory.ts). */
  readonly socketsMiB: number;
  /** How many times as long the program took because others had the processors, the flood among them (slowness.ts). */
  readonly slow: number;
  readonly flood: FloodCount;
}

export interface FloodRun {
  readonly port: PortName;
  readonly kind: Kind;
  readonly seconds: number;
  readonly group: MemoryGroup;
  readonly limitMiB: number;
  readonly start: (group: MemoryGroup) => Promise<Target>;
}

export async function runFlood({ port, kind, seconds, group, limitMiB, start }: FloodRun): Promise<Row> {
  const target = await start(group);
  try {
    let ended: string | undefined;
    void target.ended.then((how) => (ended = how));
    const honest = startHonest(target.manners, () => slowness(target.pid));
    const flood = await spawnFlooder({
      kind: kind.kind as KindName,
      port: target.port,
      tls: target.tls,
      connections: target.tls ? kind.connectionsTLS : kind.connections,
      seconds,
      request: target.request,
      path: target.path,
      headBytes: target.headBytes,
    });
    const slow = slowness(target.pid);
    const count = await honest.stop();
    return {
      ...count,
      port,
      kind: kind.kind as KindName,
      kills: group.oomKills(),
      ended,
      peakMiB: group.peak(),
      limitMiB,
      socketsMiB: group.socketPeak(),
      slow,
      flood,
    };
  } finally {
    await target.stop();
  }
}

async function spawnFlooder(order: FloodOrder): Promise<FloodCount> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'flooder.ts'), JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let last = '';
  for await (const line of createInterface(child.stdout)) last = line;
  await closed;
  return JSON.parse(last) as FloodCount;
}
