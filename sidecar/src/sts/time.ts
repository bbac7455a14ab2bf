/**
 * What STS's answers say of the time, and the one call that is repeated for it. The SDK does as much within a client
 * (@aws-sdk/core, AwsSdkSigV4Signer); ours lives for one call, so that its correction would be thrown away.
 *
 * Two kinds of answers are believed. A session whose Date and Expiration agree: anything on the way may write a Date of its own.
 * And a refusal for the time of the signature, by its text where that has the time.
 */
import type { STSClient } from '@aws-sdk/client-sts';
import type { AwsClock, Reading } from './aws-clock.ts';
import { findRow } from './error-table.ts';

/** What of the clock a call of STS needs. */
export type StsClock = Pick<AwsClock, 'now' | 'elapsed' | 'offset' | 'learn'>;

/** Of the last answer: its Date, if it has one that counts. */
export type Heard = () => Reading | undefined;

/** An answer's headers, as the SDK's handlers give them. */
interface Answered {
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** Listens to a client: to the answers that it gets, and to whom it asks. */
export function hearTime(
  { middlewareStack }: STSClient,
  elapsed: () => number,
  onAsked: (host: string, port: number | undefined) => void = () => undefined,
): Heard {
  let heard: Reading | undefined;
  middlewareStack.add(
    (next) => async (args) => {
      heard = undefined;
      const { hostname, port, protocol } = args.request as Requested;
      if (typeof hostname === 'string') onAsked(hostname, portOf(port, protocol));
      const sentAt = elapsed();
      const result = await next(args);
      const time = readDate((result.response as Answered).headers ?? {});
      heard = time === undefined ? undefined : { time, sentAt, receivedAt: elapsed() };
      return result;
    },
    // The last one before the connection: it sees errors' answers too, which are thrown further out.
    { step: 'deserialize', priority: 'low', name: 'hearTime' },
  );
  return () => heard;
}

/** As Smithy's HttpRequest has it: no port where it is the protocol's own. */
interface Requested {
  readonly hostname?: unknown;
  readonly port?: unknown;
  readonly protocol?: unknown;
}

function portOf(port: unknown, protocol: unknown): number | undefined {
  if (typeof port === 'number') return port;
  return protocol === 'http:' ? 80 : undefined;
}

/** RFC 9110, 5.6.7: the one form that a sender may write. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** The Date of an answer in milliseconds since 1970; undefined where there is none, or the answer is a cache's (RFC 9111, 5.1). */
function readDate({ date, age }: NonNullable<Answered['headers']>): number | undefined {
  if (date === undefined || age !== undefined || !HTTP_DATE.test(date)) return undefined;
  const time = Date.parse(date);
  return Number.isNaN(time) ? undefined : time;
}

/** STS writes Date when it has made the session: a moment less than the whole duration is left then. */
const AGREE_MS = 60_000;

/** Learns from a session, where its Date and its end agree. */
export function learnFromSession(
  clock: StsClock,
  reading: Reading | undefined,
  expiresAt: number | undefined,
  durationSeconds: number,
): void {
  if (reading === undefined || expiresAt === undefined) return;
  const left = expiresAt - reading.time;
  if (left > 0 && left <= durationSeconds * 1000 + AGREE_MS) clock.learn(reading);
}

/** Wire codes that may mean a wrong clock (@smithy/core, retry, CLOCK_SKEW_ERROR_CODES). */
const CLOCK_CODES: ReadonlySet<unknown> = new Set([
  'AccessDeniedException',
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

/** `(20261122T120000Z - 15 min.)`: AWS's time, as it stands at the end of a refusal. */
const TIME_IN_TEXT = /\((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z [+-] \d{1,3} min/;

/** The time in a refusal that may be for the time of the signature; undefined for any other error. `heard`: of the same answer. */
export function readingOf(thrown: unknown, heard: Reading | undefined): Reading | undefined {
  const { Code: code, message } = Object(thrown) as { readonly Code?: unknown; readonly message?: unknown };
  const text = typeof message === 'string' ? message : '';
  const isOfClock = CLOCK_CODES.has(code) || (typeof code === 'string' && findRow(code, text)?.code === 'StsClockSkew');
  if (!isOfClock || heard === undefined) return undefined;
  const [, year, month, day, hour, minute, second] = TIME_IN_TEXT.exec(text) ?? [];
  if (year === undefined) return heard;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? heard : { ...heard, time };
}

/** A signature that is off by less is not refused for it: STS takes 5 minutes ahead. The SDK's own figure (AwsSdkSigV4Signer). */
const REFUSED_MS = 240_000;

/** A call of STS, and once more at once where it was refused for its time and the refusal has told the right one. Rejects as `attempt` does. */
export async function inTime<T>(
  clock: StsClock,
  attempt: () => Promise<T>,
  timeIn: (thrown: unknown) => Reading | undefined,
): Promise<T> {
  const signedWith = clock.offset();
  try {
    return await attempt();
  } catch (error) {
    const reading = timeIn(error);
    if (reading === undefined) throw error;
    clock.learn(reading);
    if (Math.abs(clock.offset() - signedWith) < REFUSED_MS) throw error;
    return attempt();
  }
}
