/**
 * The state of one role, and its only writer: holds the last good session, fetches when `schedule` says
 * so, and never has more than one fetch running.
 *
 *              timer, request after a jump of the node's clock
 *        ┌──────────────────────────────────────────────┐
 *        │                                              ▼
 *     waiting ◄── good ────────────────┐            fetching
 *        ▲                             ├──────────────┘
 *        └─────── bad ─────────────────┘   the last good session stays in both
 */
import type { CodedError, ErrorCode } from '@rolechain/shared';
import { isValid, type RoleOffer, type Session } from '../model/session.ts';
import type { Clock } from '../model/clock.ts';
import { toCoded } from '../model/coded.ts';
import { JUMP_MS, schedule, type Action } from './schedule.ts';

/** How long a timer runs at most: AWS's time may turn out to be another one, and timers stand still while a machine sleeps. */
const LOOK_MS = 60_000;
/** More calls would make these worse. */
const THROTTLED: ReadonlySet<ErrorCode> = new Set(['StsThrottled', 'AgentThrottled']);

/** The end of a fetch. */
export interface Fetched {
  readonly role: string;
  /** The error of a fetch that failed. */
  readonly error?: CodedError;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** The last good session, whether of this fetch or an older one. */
  readonly session?: Session;
  /** When the next fetch is planned; milliseconds since 1970. */
  readonly nextAt: number;
}

export interface RoleRefresherOptions {
  readonly role: string;
  /** Walks the chain once. Rejects with a CodedError; anything else counts as a defect. */
  readonly fetch: () => Promise<Session>;
  readonly clock: Clock;
  readonly onFetched: (event: Fetched) => void;
}

export interface RoleRefresher {
  readonly role: string;
  /** Begins the first fetch. */
  start(): void;
  /** Ends the timer; a fetch that runs is forgotten. */
  stop(): void;
  offer(): RoleOffer;
  /**
   * Somebody asks for the role: a fetch that has come due unnoticed begins, and one at once where the node's clock has jumped. Tries
   * after a failure keep their pace.
   */
  requestRefresh(): void;
  /** Resolves when the running or next fetch has ended. */
  fetchSettled(): Promise<undefined>;
}

export function makeRoleRefresher({ role, fetch, clock, onFetched }: RoleRefresherOptions): RoleRefresher {
  let session: Session | undefined;
  let error: CodedError | undefined;
  let first = true;
  let failures = 0;
  let fetching = false;
  let stopped = false;
  let endedAt: number | undefined;
  /** When the first of the failures without a valid session ended, by `uptime`: it never jumps. */
  let unservedFrom: number | undefined;
  let plannedAt: number | undefined;
  let lookedAt: number | undefined;
  let jumpsAtBegin = clock.jumps();
  /** By how much the node's clock had jumped forward when the fetch that runs began. */
  let leapt = 0;
  let cancel = (): void => undefined;
  let ended = Promise.withResolvers<undefined>();

  function begin(): void {
    if (fetching || stopped) return;
    fetching = true;
    leapt = leap();
    jumpsAtBegin = clock.jumps();
    cancel();
    // `async` so that one that throws before its first await counts as failed too.
    (async () => fetch())().then(succeed, fail);
  }

  function succeed(fresh: Session): void {
    first = session === undefined;
    session = fresh;
    error = undefined;
    failures = 0;
    unservedFrom = undefined;
    end();
  }

  function fail(reason: unknown): void {
    error = toCoded(reason);
    failures += 1;
    unservedFrom = isValid(session, clock.now()) ? undefined : (unservedFrom ?? clock.uptime());
    end();
  }

  function end(): void {
    fetching = false;
    leapt = 0;
    if (stopped) return;
    endedAt = clock.now();
    plannedAt = undefined;
    lookedAt = undefined;
    const { fetchAt: nextAt } = look({ mayBegin: false });
    ended.resolve(undefined);
    ended = Promise.withResolvers();
    onFetched({ role, failures, nextAt, ...(error ? { error } : {}), ...(session ? { session } : {}) });
  }

  /** By more than NTP sets a clock right in passing. */
  const jumped = (): boolean => Math.abs(clock.jumps() - jumpsAtBegin) > JUMP_MS;
  const leap = (): number => (jumped() ? Math.max(0, clock.jumps() - jumpsAtBegin) : 0);
  /** A machine that stood still unawares is behind AWS's time by what its clock was then set forward. */
  const doubted = (): boolean => {
    const behind = Math.max(leapt, leap());
    return behind > 0 && isValid(session, clock.now()) && !isValid(session, clock.now() + behind);
  };

  /** Does what is due, or waits for it in short steps. */
  function look({ mayBegin }: { readonly mayBegin: boolean }): Action {
    const now = clock.now();
    const failure = error && { terminal: error.terminal, throttled: THROTTLED.has(error.code) };
    const unservedMs = unservedFrom === undefined ? 0 : clock.uptime() - unservedFrom;
    const history = { endedAt, first, failures, failure, unservedMs, plannedAt, lookedAt, jumped: jumped() };
    const action = schedule({ now, session, history }, clock.random);
    plannedAt = action.fetchAt;
    lookedAt = now;
    if (mayBegin && action.fetchAt <= now) begin();
    else {
      cancel();
      const wait = Math.min(LOOK_MS, Math.max(0, action.fetchAt - now));
      cancel = clock.setTimer(wait, () => void look({ mayBegin: true }));
    }
    return action;
  }

  return {
    role,
    start: begin,
    stop: () => {
      stopped = true;
      cancel();
    },
    offer: () => ({ session, error, fetching, doubted: doubted() }),
    requestRefresh: () => {
      if (fetching || stopped || (isValid(session, clock.now()) && !jumped())) return;
      look({ mayBegin: true });
    },
    fetchSettled: () => ended.promise,
  };
}
