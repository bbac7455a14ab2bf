/**
 * What the state file says to the startup probe: whether the pod may go on starting, and the line that becomes the pod's event.
 * Pure. The prober runs once a second: nothing is imported here but shared's tables.
 */
import { LIMITS } from '@rolechain/shared';
import type { RoleState, State, StateProblem } from './state-file.ts';

export interface Verdict {
  readonly passed: boolean;
  /** One line: it ends up in the pod's events. */
  readonly text: string;
  /** It has not been long, and nothing has gone wrong so far: who asks may wait a moment. */
  readonly early: boolean;
}

/** What is not there yet, and why, where that is known. */
interface Lack {
  readonly role?: string;
  readonly problem: StateProblem | undefined;
}

/**
 * Whether the pod may go on starting: the endpoint listens and each role has had credentials, or nothing that
 * is missing needs to be waited for any longer. A port that is taken holds `proceed` no longer than a missing
 * role does (contract, section 2).
 */
export function verdict(state: State, now: number): Verdict {
  const waited = now - state.startedAt;
  // A clock that was set back must not hold the pod.
  const patienceOver = waited >= LIMITS.startupSeconds * 1000 || waited < 0;
  const missing = Object.entries(state.roles).filter(([, role]) => !role.ready);
  const holding = missing.filter(([, role]) => role.startup === 'require' || !patienceOver);
  const anyRequired = Object.values(state.roles).some(({ startup }) => startup === 'require');
  const portHolds = !state.listening && (anyRequired || !patienceOver);
  const port: Lack[] = state.listening ? [] : [{ problem: state.problem }];
  if (portHolds && state.problem !== undefined) return held(port, patienceOver);
  // A port that has only just been asked for says less than why there are no credentials.
  if (holding.length > 0) return held(holding.map(lackOf), patienceOver);
  if (portHolds) return held(port, patienceOver);
  const without = [...port, ...missing.map(lackOf)];
  const text = without.length === 0 ? 'every role has credentials' : `started without: ${lacksText(without)}`;
  return { passed: true, text, early: false };
}

/** Whether the pod is ready: the endpoint listens, and each role has credentials that are valid now. */
export function readiness(state: State, now: number): Verdict {
  const port: Lack[] = state.listening ? [] : [{ problem: state.problem }];
  const without = Object.entries(state.roles).filter(([, { endsAt = -Infinity }]) => endsAt <= now);
  const lacks = [...port, ...without.map(lackOf)];
  return {
    passed: lacks.length === 0,
    text: lacks.length === 0 ? 'every role has credentials' : lacksText(lacks, 'valid credentials'),
    early: false,
  };
}

function held(lacks: readonly Lack[], patienceOver: boolean): Verdict {
  const early = !patienceOver && lacks.every(({ problem }) => problem === undefined);
  return { passed: false, text: early ? startingText(lacks) : lacksText(lacks), early };
}

function startingText(lacks: readonly Lack[]): string {
  const roles = lacks.flatMap(({ role }) => (role === undefined ? [] : [role]));
  const what = roles.length === 0 ? 'opens its port' : `fetches the first credentials of ${rolesText(roles)}`;
  return `rolechain is starting, without an error so far: it ${what}`;
}

function lackOf([role, { code, message = '', fix = '', codeFix }]: [string, RoleState]): Lack {
  return {
    role,
    problem: code === undefined ? undefined : { code, message, fix, ...(codeFix === undefined ? {} : { codeFix }) },
  };
}

/** An event's message has 1024 bytes at most (client-go, tools/events), the kubelet's own words and a margin included. */
const MAX_BYTES = 960;
/** Names of roles that one problem takes of it. */
const NAMES_BYTES = 100;
/** What a fix of this case leaves to what happened; else that of the code is told, which is short. */
const MESSAGE_BYTES = 80;

/** Of the problems the first is told first, its fix always whole: others, and then what it says itself, are shortened for that. */
export function lacksText(lacks: readonly Lack[], what = 'credentials yet'): string {
  const groups = [...Map.groupBy(lacks, ({ role, problem }) => JSON.stringify([role === undefined, problem])).values()];
  const whole = groups.map((group) => groupText(group, what)).join(BETWEEN);
  if (bytes(whole) <= MAX_BYTES) return whole;
  const [first = [], ...others] = groups;
  const rest = others.length === 0 ? '' : BETWEEN + shortText(others);
  return groupText(first, what, MAX_BYTES - bytes(rest)) + rest;
}

const BETWEEN = ' | ';
/** Of all problems but the first, where not all of them have room. */
const REST_BYTES = 120;

function shortText(groups: readonly (readonly Lack[])[]): string {
  const codes = groups.map(([first, ...more]) => {
    const names = [first, ...more].flatMap((lack) => lack?.role ?? []);
    return `${names.length === 0 ? 'the port' : rolesText(names)}: ${first?.problem?.code ?? 'no error so far'}`;
  });
  const told = codes.filter((_, i) => bytes(codes.slice(0, i + 1).join(BETWEEN)) <= REST_BYTES);
  const left = codes.length - told.length;
  return [...told, ...(left > 0 ? [`and ${left} more`] : [])].join(BETWEEN);
}

/** One problem, for all the roles that have it. */
function groupText(group: readonly Lack[], what: string, maxBytes = Infinity): string {
  const roles = group.flatMap(({ role }) => role ?? []);
  const problem = group[0]?.problem;
  const lead =
    roles.length === 0
      ? 'the credentials endpoint does not listen'
      : `${rolesText(roles)} ${roles.length === 1 ? 'has' : 'have'} no ${what}`;
  if (problem === undefined) return lead;
  const { code, message, fix, codeFix = fix } = problem;
  const room = (told: string): number => maxBytes - bytes(`${lead}: ${code}:  ${told}`);
  const told = room(fix) >= Math.min(MESSAGE_BYTES, bytes(message)) ? fix : codeFix;
  return `${lead}: ${code}: ${cut(message, room(told))} ${told}`;
}

function rolesText(names: readonly string[]): string {
  const told = names.filter((_, i) => i === 0 || bytes(names.slice(0, i + 1).join(', ')) <= NAMES_BYTES);
  const left = names.length - told.length;
  return `role${names.length === 1 ? '' : 's'} ${told.join(', ')}${left === 0 ? '' : ` and ${left} more`}`;
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}

const DOTS = '...';

/** Of a long text the beginning. */
function cut(text: string, maxBytes: number): string {
  if (bytes(text) <= maxBytes) return text;
  const room = Math.max(0, maxBytes - DOTS.length);
  // A character of which only a part has room becomes U+FFFD.
  return (
    Buffer.from(text)
      .subarray(0, room)
      .toString()
      .replace(/\uFFFD$/u, '') + DOTS
  );
}
