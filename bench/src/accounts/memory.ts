import { readFileSync } from 'node:fs';

/** Of one process, in MiB. */
export interface Memory {
  readonly resident: number;
  /** The most that was resident since the start. */
  readonly peak: number;
  /** Its part of pages that it shares with others counted by share. */
  readonly proportional: number;
  readonly anonymous: number;
}

export function memoryOf(pid: number): Memory {
  const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  return parseMemory(read('status'), read('smaps_rollup'));
}

/** From proc(5)'s `status` and `smaps_rollup`. Throws where a figure is not there, as of a process that has ended. */
export function parseMemory(status: string, rollup: string): Memory {
  const mib = (text: string, field: string): number => {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kib === undefined) throw new Error(`no ${field} in /proc`);
    return Number(kib) / 1024;
  };
  return {
    resident: mib(status, 'VmRSS'),
    peak: mib(status, 'VmHWM'),
    proportional: mib(rollup, 'Pss'),
    anonymous: mib(rollup, 'Anonymous'),
  };
}
