/** What our processes in the pods of this machine take: memory that is theirs alone, and open descriptors. */
import { readFileSync, readdirSync } from 'node:fs';
import { cgroupFolders, processesIn } from '../node/cgroups.ts';
import { PATHS } from '@rolechain/shared';

export type Program = 'webhook' | 'sidecar';

/** One process over time. */
export interface Life {
  readonly program: Program;
  readonly pid: number;
  readonly samples: Sample[];
}

export interface Sample {
  /** Since the meter began. */
  readonly seconds: number;
  readonly anonymousMiB: number;
  readonly descriptors: number;
}

const PROGRAMS: Readonly<Record<Program, string>> = { webhook: PATHS.imageWebhook, sidecar: PATHS.imageSidecar };

export interface Meter {
  readonly sample: () => void;
  readonly lives: () => readonly Life[];
}

export function makeMeter(now: () => number): Meter {
  const started = now();
  const lives = new Map<string, Life>();
  return {
    lives: () => [...lives.values()],
    sample: () => {
      for (const pid of new Set(cgroupFolders().flatMap(processesIn))) {
        try {
          const program = programOf(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
          if (!program) continue;
          // A number may be given again to another process.
          const key = `${pid} ${startOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))}`;
          const life = lives.get(key) ?? { program, pid, samples: [] };
          life.samples.push({ seconds: (now() - started) / 1000, ...take(pid) });
          lives.set(key, life);
        } catch {
          // It has ended meanwhile.
        }
      }
    },
  };
}

/** The prober is another program in the same image. */
const programOf = (commandLine: string): Program | undefined =>
  (Object.keys(PROGRAMS) as Program[]).find((name) => commandLine.split('\0').includes(PROGRAMS[name]));

const startOf = (stat: string): string => stat.slice(stat.lastIndexOf(')')).split(' ')[20] ?? '';

function take(pid: number): Omit<Sample, 'seconds'> {
  const [, kiB = '0'] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { anonymousMiB: Number(kiB) / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
