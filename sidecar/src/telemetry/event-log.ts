import { CodedError, errorEntry, errorFields, LIMITS, type ErrorCode, type Logger } from '@rolechain/shared';
import { codedFields } from '../model/coded.ts';
import type { Fetched } from '../refresh/role-refresher.ts';

/**
 * Logs the ends of fetches: each good one, and of failures in a row the 1st, 2nd, 4th, 8th … and each
 * that has another code than the one before. A role that fails for a week does not fill a disk.
 */
export function logFetches(logger: Logger): (event: Fetched) => void {
  const lastCode = new Map<string, string | undefined>();
  return ({ role, error, failures, session, nextAt }) => {
    const news = error?.code !== lastCode.get(role);
    lastCode.set(role, error?.code);
    const times = { ...(session ? { expires: iso(session.expiresAt) } : {}), next: iso(nextAt) };
    if (error === undefined) logger.info({ role, ...times }, 'credentials fetched');
    else if (news || isPowerOfTwo(failures)) {
      const fields = { role, ...codedFields(error), failures, ...times };
      logger.warn(fields, 'credentials not fetched');
    }
  };
}

/** Logs failures that kept credentials have stood in for, of each code the 1st, 2nd, 4th, 8th …: the role is served all the same. */
export function logServedStale(logger: Logger): (error: CodedError) => void {
  const times = new Map<ErrorCode, number>();
  return (error) => {
    const count = (times.get(error.code) ?? 0) + 1;
    times.set(error.code, count);
    if (isPowerOfTwo(count)) logger.warn({ ...codedFields(error), times: count }, 'serving kept credentials');
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
 * Logs refused requests, of each code the 1st, 2nd, 4th, 8th …: most SDKs keep the answer's text to
 * themselves. One alone is no alarm: JavaScript's asks once more without a token when its tries have failed.
 */
export function logRefusals(logger: Logger): (code: ErrorCode | undefined) => void {
  const times = new Map<ErrorCode, number>();
  return (code) => {
    if (code === undefined || !REFUSALS.has(code)) return;
    const count = (times.get(code) ?? 0) + 1;
    times.set(code, count);
    if (!isPowerOfTwo(count)) return;
    const { text: error, fix } = errorEntry(code);
    logger.info({ code, error, fix, times: count }, 'request refused');
  };
}
