/**
 * The state of one role, and its only writer: holds the last good session, decides when to fetch, and
 * never has more than one fetch running.
 *
 *              timer, request for a role without session
 *        ┌──────────────────────────────────────────────┐
 *        │                                              ▼
 *     waiting ◄── good: at refreshAt ──┐            fetching
 *        ▲                             ├──────────────┘
 *        └─────── bad: at retryAt ─────┘   the last good session stays in both
 */
import type { CodedError, ErrorCode } from '@rolechain/shared';
import type { RoleOffer } from './answer.ts';
import type { Clock } from './clock.ts';
import { toCoded } from './defect.ts';
import { refreshAt, retryAt } from './schedule.ts';
import { isValid, type Session } from './session.ts';

/** How long a timer runs at most: the node's clock may jump, or stand still while a machine sleeps. */
const LOOK_MS = 60_000;
/** A request brings the next try forward, but tries stay this far apart. */
const PACE_MS = { transient: 1_000, terminal: 5_000 } as const;

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

export interface KeeperOptions {
  readonly role: string;
  /** Walks the chain once. Rejects with a CodedError; anything else counts as a defect. */
  readonly fetch: () => Promise<Session>;
  readonly clock: Clock;
  readonly onFetched: (event: Fetched) => void;
}

export interface Keeper {
  readonly role: string;
  /** Begins the first fetch. */
  start(): void;
  /** Ends the timer; a fetch that runs is forgotten. */
  stop(): void;
  offer(): RoleOffer;
  /** Somebody asks for the role: without a valid session the next fetch comes earlier, at its pace. */
  wanted(): void;
  /** Resolves when the running or next fetch has ended. */
  nextEnd(): Promise<undefined>;
}

export function makeKeeper({ role, fetch, clock, onFetched }: KeeperOptions): Keeper {
  let session: Session | undefined;
  let error: CodedError | undefined;
  let failures = 0;
  let fetching = false;
  let stopped = false;
  let endedAt = -Infinity;
  let nextAt = -Infinity;
  let cancel = (): void => undefined;
  let ended = Promise.withResolvers<undefined>();

  function begin(): void {
    if (fetching || stopped) return;
    fetching = true;
    cancel();
    // `async` so that one that throws before its first await counts as failed too.
    (async () => fetch())().then(succeed, fail);
  }

  function succeed(fresh: Session): void {
    const first = session === undefined;
    session = fresh;
    error = undefined;
    failures = 0;
    end(refreshAt(fresh, { first }, clock.random));
  }

  function fail(reason: unknown): void {
    error = toCoded(reason);
    failures += 1;
    const { code, terminal } = error;
    end(retryAt(clock.now(), { failures, terminal, throttled: THROTTLED.has(code), session }, clock.random));
  }

  function end(next: number): void {
    fetching = false;
    if (stopped) return;
    endedAt = clock.now();
    schedule(next);
    ended.resolve(undefined);
    ended = Promise.withResolvers();
    onFetched({ role, failures, nextAt, ...(error ? { error } : {}), ...(session ? { session } : {}) });
  }

  function schedule(at: number): void {
    nextAt = at;
    look(clock.now());
  }

  /** Waits for `nextAt` in short steps. A clock that went back since `from` says nothing of what is due: fetch. */
  function look(from: number): void {
    cancel();
    const now = clock.now();
    if (now < from) {
      begin();
      return;
    }
    cancel = clock.setTimer(Math.min(LOOK_MS, Math.max(0, nextAt - now)), () => {
      if (clock.now() >= nextAt) begin();
      else look(now);
    });
  }

  return {
    role,
    start: begin,
    stop: () => {
      stopped = true;
      cancel();
    },
    offer: () => ({ session, error, fetching }),
    wanted: () => {
      if (fetching || stopped || isValid(session, clock.now())) return;
      const now = clock.now();
      const pace = error?.terminal ? PACE_MS.terminal : PACE_MS.transient;
      const at = Math.min(nextAt, Math.max(now, endedAt + pace));
      // The timer may not have seen a clock that went forward.
      if (at <= now) begin();
      else if (at < nextAt) schedule(at);
    },
    nextEnd: () => ended.promise,
  };
}
