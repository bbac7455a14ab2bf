import { errorEntry, errorFields, CodedError, LIMITS, type Logger } from '@rolechain/shared';
import type { AwsClock } from '../sts/aws-clock.ts';
import type { Files } from '../model/files.ts';
import type { Fetched } from '../refresh/role-refresher.ts';
import type { RolePlan } from '../model/plan.ts';
import { errorCode } from '../model/coded.ts';
import { steadyText } from '../model/text.ts';
import { processName, writeState, type RoleState, type State, type StateProblem } from './state-file.ts';

/** The writer of the state file. Every change is written at once; a write that fails is logged, and made up for by the next. */
export interface StateWriter {
  save(): void;
  fetched(event: Fetched): void;
  listening(): void;
  notListening(error: CodedError): void;
  /** Why the credentials endpoint does not listen; undefined where it does, or has only just been asked to. */
  problem(): StateProblem | undefined;
  /** Says in the log which roles the pod starts without, once `startup: proceed` waits no longer. */
  watchGate(): void;
  /** Ends the timer of `watchGate`. */
  stop(): void;
}

export interface StateWriterOptions {
  readonly plans: readonly RolePlan[];
  readonly files: Files;
  readonly clock: Pick<AwsClock, 'now' | 'uptime' | 'setTimer' | 'offset'>;
  readonly logger: Logger;
}

export function makeStateWriter({ plans, files, clock, logger }: StateWriterOptions): StateWriter {
  let state = initialState(plans, Math.round(clock.now() - clock.uptime()), processName(process.pid));
  let writable = true;
  let cancel = (): void => undefined;

  function save(): void {
    try {
      writeState(files, state);
      writable = true;
    } catch (error) {
      if (writable) logger.error(errorFields(unwritable(files.state, error)), 'state file not written');
      writable = false;
    }
  }

  function change(next: State): void {
    state = next;
    save();
  }

  return {
    save,
    fetched: (event) => change(stateAfter(state, event, clock.offset())),
    listening: () => {
      const { problem: _over, ...rest } = state;
      change({ ...rest, listening: true });
    },
    notListening: (error) => change({ ...state, listening: false, problem: problemOf(error) }),
    problem: () => (state.listening ? undefined : state.problem),
    watchGate: () => {
      cancel = clock.setTimer(LIMITS.startupSeconds * 1000, () => logGate(state, logger));
    },
    stop: () => cancel(),
  };
}

/** Errors of each role, by name, of those that have never had credentials. */
function logGate(state: State, logger: Logger): void {
  for (const [role, { ready, startup, code, message, fix }] of Object.entries(state.roles)) {
    if (ready) continue;
    const fields = { role, code: code ?? 'NotReady', error: message, fix };
    logger.warn(fields, startup === 'require' ? 'start is held: no credentials' : 'start goes on without credentials');
  }
}

function unwritable(path: string, error: unknown): CodedError {
  return new CodedError('TokenUnwritable', `${path}: ${errorCode(error)}.`);
}

function problemOf({ code, message, fix }: CodedError): StateProblem {
  const { fix: codeFix } = errorEntry(code);
  return { code, message: steadyText(message), fix, ...(fix === codeFix ? {} : { codeFix }) };
}

/** The state at start: nothing is ready yet. Pure. */
export function initialState(plans: readonly RolePlan[], startedAt: number, process: string): State {
  const roles = Object.fromEntries(plans.map(({ name, startup }) => [name, { ready: false, startup }]));
  return { version: 1, startedAt, process, listening: false, roles };
}

/** The state after a fetch; `offset`: AWS's time less the node's. Pure. */
export function stateAfter(state: State, { role, error, session }: Fetched, offset = 0): State {
  const { startup, ready } = state.roles[role] ?? { startup: 'proceed', ready: false };
  const next: RoleState = {
    ready: ready || session !== undefined,
    startup,
    ...(session ? { endsAt: session.expiresAt - offset } : {}),
    ...(error ? problemOf(error) : {}),
  };
  return { ...state, roles: { ...state.roles, [role]: next } };
}
