/** The sidecar's keeper and responder with a client that asks every second, all on a simulated clock. */
import { CodedError, PATHS, type ErrorCode } from '@rolechain/shared';
import { digestTokens } from '../../sidecar/src/answer.ts';
import { makeKeeper, type Keeper } from '../../sidecar/src/keeper.ts';
import { makeResponder } from '../../sidecar/src/responder.ts';
import { isValid, type Session } from '../../sidecar/src/session.ts';
import { makeSimClock, type SimClock } from '../../sidecar/src/testing/sim-clock.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Of an answer of STS in good times. */
const STS_TAKES_MS = 100;

/** One request of the client. */
export interface Seen {
  /** When it was answered; milliseconds since the start. */
  readonly at: number;
  readonly status: number;
  /** Whether the sidecar held a session, valid by STS's clock, when it was asked. */
  readonly hadSession: boolean;
}

export interface SimWorld {
  readonly clock: SimClock;
  readonly keeper: Keeper;
  readonly seen: readonly Seen[];
  /** When each fetch began and how much of the last session was left by STS's clock; milliseconds. */
  readonly fetches: readonly { readonly at: number; readonly left: number }[];
  /** The error that every fetch ends with from now on, after `takesMs`; without one STS is well again. */
  fail(code: ErrorCode | undefined, takesMs?: number): void;
  /** Lets time pass while the client asks. */
  run(ms: number): Promise<void>;
}

/** A started sidecar with sessions of an hour. STS keeps true time, whatever the node's clock does. */
export function makeSimWorld(random: () => number): SimWorld {
  const clock = makeSimClock(random);
  const epoch = clock.now();
  const stsNow = (): number => epoch + clock.uptime();
  const seen: Seen[] = [];
  const fetches: { at: number; left: number }[] = [];
  let fault: ErrorCode | undefined;
  let takes = STS_TAKES_MS;

  async function fetch(): Promise<Session> {
    const last = keeper.offer().session;
    fetches.push({ at: clock.uptime(), left: last ? last.expiresAt - stsNow() : 0 });
    const [code, ms] = [fault, takes];
    await new Promise<void>((resolve) => void clock.setTimer(ms, resolve));
    if (code !== undefined) throw new CodedError(code);
    const obtainedAt = clock.now();
    const keys = { accessKeyId: `ASIA${fetches.length}`, secretAccessKey: 'secret', sessionToken: 'session' };
    return { ...keys, obtainedAt, expiresAt: stsNow() + HOUR };
  }

  const keeper = makeKeeper({ role: 'default', fetch, clock, onFetched: () => undefined });
  const tokens = digestTokens(new Map([['default', 'token']]));
  const door = { port: 1, tokens, accountIDs: new Map<string, string>() };
  const responder = makeResponder({ door, keepers: new Map([['default', keeper]]), clock });
  const request = { host: '127.0.0.1', url: PATHS.credentials, method: 'GET', authorization: 'token' };

  async function ask(): Promise<void> {
    const hadSession = isValid(keeper.offer().session, stsNow());
    const { status } = await responder.respond(request);
    seen.push({ at: clock.uptime(), status, hadSession });
  }

  keeper.start();
  return {
    clock,
    keeper,
    seen,
    fetches,
    fail: (code, takesMs = STS_TAKES_MS) => {
      fault = code;
      takes = takesMs;
    },
    run: async (ms) => {
      for (let left = ms; left > 0; left -= SECOND) {
        void ask();
        await clock.advance(Math.min(SECOND, left));
      }
    },
  };
}

/** Chances from a seed (mulberry32), so that a row that fails fails again. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
