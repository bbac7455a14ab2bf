import { CodedError, errorEntry, errorFields, LIMITS, type ErrorCode, type Logger } from '@rolechain/shared';
import type { Clock } from '../model/clock.ts';
import { codedFields, toCoded } from '../model/coded.ts';
import { isValid } from '../model/session.ts';
import type { Fetched } from '../refresh/role-refresher.ts';

/**
 * Whether an event that comes again and again is logged: the 1st, 2nd, 4th, 8th … of its kind, and the first one after
 * `failureLogSeconds` without a line. What lasts neither fills a disk nor falls silent.
 */
export function makeLogPace({ uptime }: Pick<Clock, 'uptime'>): (kind: string) => { due: boolean; times: number } {
  const seen = new Map<string, { times: number; loggedAt: number }>();
  return (kind) => {
    const { times: before, loggedAt } = seen.get(kind) ?? { times: 0, loggedAt: -Infinity };
    const times = before + 1;
    const due = isPowerOfTwo(times) || uptime() - loggedAt >= QUIET_MS;
    seen.set(kind, { times, loggedAt: due ? uptime() : loggedAt });
    return { due, times };
  };
}

const QUIET_MS = LIMITS.failureLogSeconds * 1000;

/** A role that fails. */
interface Failing {
  readonly code: ErrorCode;
  readonly level: FailureLevel;
  /** When the failures began; milliseconds since 1970. */
  readonly since: number;
  readonly cancel: () => void;
}

type FailureLevel = 'warn' | 'error';

export interface FetchLog {
  (event: Fetched): void;
  /** Ends its timers. */
  stop(): void;
}

/**
 * Logs the ends of fetches: each good one, and of failures in a row the 1st, 2nd, 4th, 8th …, each that has another code than
 * the one before, the first one after the session's end, and while none of these comes, the last one again after
 * `failureLogSeconds`: tries may be further apart than that.
 */
export function logFetches(logger: Logger, clock: Pick<Clock, 'now' | 'uptime' | 'setTimer'>): FetchLog {
  const failing = new Map<string, Failing>();

  function logFailure(event: Fetched & { readonly error: CodedError }, since: number): void {
    const { role, error, failures } = event;
    const level = levelOf(event, clock.now(), clock.uptime());
    failing.get(role)?.cancel();
    const cancel = clock.setTimer(QUIET_MS, () => logFailure(event, since));
    failing.set(role, { code: error.code, level, since, cancel });
    const fields = { role, ...codedFields(error), failures, since: iso(since), ...timesOf(event) };
    logger[level](fields, 'credentials not fetched');
  }

  const log = (event: Fetched): void => {
    const { role, error, failures } = event;
    const before = failing.get(role);
    if (error === undefined) {
      before?.cancel();
      failing.delete(role);
      logger.info({ role, ...timesOf(event) }, 'credentials fetched');
      return;
    }
    const level = levelOf(event, clock.now(), clock.uptime());
    const isNews = before?.code !== error.code || before.level !== level;
    if (isNews || isPowerOfTwo(failures)) logFailure({ ...event, error }, before?.since ?? clock.now());
  };
  return Object.assign(log, {
    stop: () => {
      for (const { cancel } of failing.values()) cancel();
    },
  });
}

/**
 * A failure behind a valid session costs nobody anything yet. Without one it does, but for the first moments of a pod, in which
 * a network or an association may not be there yet.
 */
function levelOf({ session }: Fetched, now: number, uptime: number): FailureLevel {
  if (session !== undefined) return isValid(session, now) ? 'warn' : 'error';
  return uptime < LIMITS.startupSeconds * 1000 ? 'warn' : 'error';
}

function timesOf({ session, nextAt }: Fetched): Record<string, string> {
  return { ...(session ? { expires: iso(session.expiresAt) } : {}), next: iso(nextAt) };
}

/** Logs failures that kept credentials have stood in for, at the pace of what comes again: the role is served all the same. */
export function logServedStale(logger: Logger, clock: Pick<Clock, 'uptime'>): (error: CodedError) => void {
  const pace = makeLogPace(clock);
  return (error) => {
    const { due, times } = pace(error.code);
    if (due) logger.warn({ ...codedFields(error), times }, 'serving kept credentials');
  };
}

/**
 * Warns once when the node's clock is off by more than a minute, again when it is off by another minute than was told, and
 * says when it is right again. Gets the offset each time that STS has said the time.
 */
export function logClock(logger: Logger): (offsetMs: number) => void {
  const limitSeconds = LIMITS.clockOffsetSeconds;
  let told = 0;
  return (offsetMs) => {
    const offsetSeconds = Math.round(offsetMs / 1000);
    if (Math.abs(offsetSeconds) <= limitSeconds) {
      if (told !== 0) logger.info({ offsetSeconds, limitSeconds }, "the node's clock is right again");
      told = 0;
      return;
    }
    if (Math.abs(offsetSeconds - told) <= limitSeconds) return;
    told = offsetSeconds;
    const side = offsetSeconds > 0 ? 'behind' : 'ahead of';
    const error = new CodedError(
      'StsClockSkew',
      `It is ${Math.abs(offsetSeconds)} s ${side} that of AWS; it is corrected.`,
    );
    logger.warn({ ...errorFields(error), offsetSeconds, limitSeconds }, "the node's clock is wrong");
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function isPowerOfTwo(n: number): boolean {
  return (n & (n - 1)) === 0;
}

/** What a request itself can have wrong; why there are no credentials is told where they are fetched. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'HostForbidden',
  'BrowserForbidden',
  'PathUnknown',
  'MethodNotAllowed',
  'TokenMissing',
  'TokenUnknown',
  'TokenReplaced',
  'RoleForbidden',
  'TooManyRequests',
]);

/**
 * Logs refused requests, of each code at the pace of what comes again: most SDKs keep the answer's text to themselves.
 */
export function logRefusals(logger: Logger, clock: Pick<Clock, 'uptime'>): (code: ErrorCode | undefined) => void {
  const pace = makeLogPace(clock);
  return (code) => {
    if (code === undefined || !REFUSALS.has(code)) return;
    const { due, times } = pace(code);
    if (!due) return;
    const { text: error, fix } = errorEntry(code);
    logger.info({ code, error, fix, times }, 'request refused');
  };
}

/** Logs an error that is met each second until it is gone: each that has another text than the one before, and at the pace of what lasts. */
export function logPersistent(
  logger: Logger,
  clock: Pick<Clock, 'uptime'>,
  message: string,
): (reason: unknown) => CodedError {
  let last = { text: '', at: 0 };
  return (reason) => {
    const error = toCoded(reason);
    if (error.message !== last.text || clock.uptime() - last.at >= QUIET_MS) {
      logger.error(codedFields(error), message);
      last = { text: error.message, at: clock.uptime() };
    }
    return error;
  };
}
