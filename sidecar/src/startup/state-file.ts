/**
 * The state file: what the sidecar tells the prober, which is another process. `verdict` decides
 * whether the pod may start. Nothing but node:fs and shared's tables is imported here: the prober
 * runs once a second and must stay small.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { LIMITS, type Startup } from '@rolechain/shared';
import { writeAtomically, type Files } from '../model/files.ts';

/** A coded error, as the prober prints it. */
export interface StateProblem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

export interface RoleState extends Partial<StateProblem> {
  /** It has had credentials. */
  readonly ready: boolean;
  readonly startup: Startup;
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

export interface Verdict {
  readonly passed: boolean;
  /** One line: it ends up in the pod's events. */
  readonly text: string;
}

/**
 * Whether the pod may go on starting: the endpoint listens and each role has had credentials, or nothing that
 * is missing needs to be waited for any longer. A port that is taken holds `proceed` no longer than a missing
 * role does (contract, section 2). Pure.
 */
export function verdict(state: State, now: number): Verdict {
  const waited = now - state.startedAt;
  // A clock that was set back must not hold the pod.
  const patienceOver = waited >= LIMITS.startupSeconds * 1000 || waited < 0;
  const missing = Object.entries(state.roles).filter(([, role]) => !role.ready);
  const holding = missing.filter(([, role]) => role.startup === 'require' || !patienceOver);
  const anyRequired = Object.values(state.roles).some(({ startup }) => startup === 'require');
  if (!state.listening && (anyRequired || !patienceOver)) return { passed: false, text: notListening(state) };
  if (holding.length > 0) return { passed: false, text: holding.map(waitText).join(' | ') };
  const without = [...(state.listening ? [] : [notListening(state)]), ...missing.map(waitText)].join(' | ');
  return { passed: true, text: without === '' ? 'every role has credentials' : `started without: ${without}` };
}

function notListening({ problem }: State): string {
  return withProblem('the credentials endpoint does not listen', problem);
}

function waitText([name, { code, message = '', fix = '' }]: [string, RoleState]): string {
  return withProblem(`role ${name} has no credentials yet`, code === undefined ? undefined : { code, message, fix });
}

function withProblem(text: string, problem: StateProblem | undefined): string {
  return problem === undefined ? text : `${text}: ${problem.code}: ${problem.message} ${problem.fix}`;
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
