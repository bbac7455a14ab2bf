/**
 * The state file: what the sidecar tells the prober, which is another process. Nothing but node:fs and shared's tables is
 * imported here: the prober runs once a second and must stay small.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import type { Startup } from '@rolechain/shared';
import { writeAtomically, type Files } from '../model/files.ts';

/** A coded error, as the prober prints it: the same words for the same cause, or the kubelet's events would not add up. */
export interface StateProblem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  /** That of the code, where the case has one of its own. */
  readonly codeFix?: string;
}

export interface RoleState extends Partial<StateProblem> {
  /** It has had credentials. */
  readonly ready: boolean;
  readonly startup: Startup;
  /** When the session that it serves ends, by the node's clock; milliseconds since 1970. Absent before the first one. */
  readonly endsAt?: number;
}

export interface State {
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Names the process, so that the file of one that is gone is not taken for that of its successor. */
  readonly process: string;
  /** The credentials endpoint listens. */
  readonly listening: boolean;
  /** Why it doesn't. */
  readonly problem?: StateProblem;
  readonly roles: Readonly<Record<string, RoleState>>;
}

/** Reads what `writeState` wrote; undefined when there is nothing of that kind. */
export function readState(path: string): State | undefined {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as Partial<State> | null;
    return state?.version === 1 && state.roles ? (state as State) : undefined;
  } catch {
    return undefined;
  }
}

/** Throws Node's error. */
export function writeState(files: Pick<Files, 'stateFolder' | 'state'>, state: State): void {
  mkdirSync(files.stateFolder, { recursive: true, mode: 0o700 });
  writeAtomically(files.state, JSON.stringify(state), 0o600);
}

/**
 * A process's id and the time of its start in clock ticks (proc(5), /proc/pid/stat, field 22). A
 * container's first process has the same id after each restart, and its files outlive it. Where
 * there is no /proc, every process has the same empty name.
 */
export function processName(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command stands in parentheses and may hold anything; the third field follows the last of them.
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${pid}/${startTicks}`;
  } catch {
    return '';
  }
}

/** Whether the process that wrote a state still runs. */
export function writerRuns({ process: name }: State): boolean {
  return processName(Number(name.split('/', 1)[0])) === name;
}
