/** The sidecar's chains, refreshers and responder with a client that asks every second, all on a simulated clock. */
import { CodedError, credentialsPath, type ErrorCode } from '@rolechain/shared';
import { digestTokens } from '../../sidecar/src/endpoint/answer.ts';
import type { Reading } from '../../sidecar/src/sts/aws-clock.ts';
import { readSession } from '../../sidecar/src/sts/assume-role.ts';
import { makeChains, type Outside } from '../../sidecar/src/chain/chain.ts';
import { makeRoleRefresher, type Fetched, type RoleRefresher } from '../../sidecar/src/refresh/role-refresher.ts';
import type { HopPlan, RolePlan } from '../../sidecar/src/model/plan.ts';
import { makeResponder, type Responder } from '../../sidecar/src/endpoint/responder.ts';
import { inTime, learnFromSession, readingOf } from '../../sidecar/src/sts/time.ts';
import { isValid, type Credentials, type Session } from '../../sidecar/src/model/session.ts';
import { makeSimClock, type SimClock } from '../../sidecar/src/testing/sim-clock.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Of an answer in good times. */
const TAKES_MS = 100;

/** Where a fault is: the Pod Identity agent, the token file of web identity, STS, or its calls for roles named `target`. */
export type Place = 'agent' | 'token' | 'sts' | 'target';

/** One request of the client. */
export interface Seen {
  /** When it was answered; milliseconds since the start. */
  readonly at: number;
  readonly status: number;
  /** Whether the sidecar held a session, valid by STS's clock, when it was asked. */
  readonly hadSession: boolean;
  /** Of the session that it held when it answered, by STS's clock; below 0 where that had ended, or there was none. */
  readonly leftMs: number;
}

/** One call of STS or the agent; milliseconds since the start. */
export interface Call {
  readonly at: number;
  /** A role ARN, or `agent`. */
  readonly to: string;
}

export interface SimWorld {
  readonly clock: SimClock;
  readonly refreshers: ReadonlyMap<string, RoleRefresher>;
  readonly responder: Responder;
  readonly seen: readonly Seen[];
  readonly calls: readonly Call[];
  readonly ends: readonly Fetched[];
  /** Codes of failures that kept credentials have stood in for. */
  readonly bridged: readonly ErrorCode[];
  /** When each fetch of the first role began and how much of the last session was left by STS's clock; milliseconds. */
  readonly fetches: readonly { readonly at: number; readonly left: number }[];
  /** The error that every call of `place` ends with from now on, after `takesMs`; without one it is well again. */
  fail(place: Place, code: ErrorCode | undefined, takesMs?: number): void;
  /** Sessions last so long from now on, by STS's clock and below 0 too; undefined: as they were asked for. */
  sessionsLast(ms: number | undefined): void;
  /** The machine sleeps: timers stand still, every clock goes on. */
  sleep(ms: number): void;
  /** One request for a role. */
  ask(role?: string): Promise<void>;
  /** Lets time pass while the client asks for the first role. */
  run(ms: number): Promise<void>;
}

export interface SimOptions {
  readonly roles?: readonly RolePlan[];
  /** How long the agent's credentials last. */
  readonly baseMs?: number;
  /** How far the node's clock is ahead of AWS's from the start on. */
  readonly offMs?: number;
  /** A fault from the first moment on. */
  readonly fault?: readonly [Place, ErrorCode];
}

/** A hop of an hour, or of so many seconds. */
export function hop(name: string, durationSeconds = 3600): HopPlan {
  const roleARN = `arn:aws:iam::222222222222:role/${name}`;
  return { roleARN, sessionName: 's', durationSeconds, stsRegion: 'eu-central-1' };
}

/** A role by Pod Identity. */
export function role(name: string, ...hops: HopPlan[]): RolePlan {
  return { name, startup: 'proceed', source: { type: 'pod-identity' }, hops };
}

/** STS takes signatures that are so old, or so far ahead. */
const MAX_AGE_MS = 15 * MINUTE;
const MAX_AHEAD_MS = 5 * MINUTE;

/** A refusal of STS for the time of the signature, in its words, as the SDK throws it. */
function refused(now: number): Error {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  return Object.assign(new Error(`Signature expired or not yet current (${time} - 15 min.)`), {
    Code: 'SignatureDoesNotMatch',
  });
}

/** A started sidecar; by default one role of an hour behind the agent. STS keeps true time, whatever the node's clock does, and looks at the time of signatures. */
export function makeSimWorld(random: () => number, options: SimOptions = {}): SimWorld {
  const { roles = [role('default', hop('target'))], baseMs = 6 * HOUR, fault, offMs = 0 } = options;
  const clock = makeSimClock(random);
  clock.jump(offMs);
  const stsNow = clock.aws;
  const seen: Seen[] = [];
  const calls: Call[] = [];
  const ends: Fetched[] = [];
  const bridged: ErrorCode[] = [];
  const fetches: { at: number; left: number }[] = [];
  const faults = new Map<Place, { code: ErrorCode; takesMs: number }>();
  if (fault) faults.set(fault[0], { code: fault[1], takesMs: TAKES_MS });
  let agentAnswered = false;
  let lastMs: number | undefined;

  async function visit(place: Place, to: string): Promise<void> {
    calls.push({ at: clock.uptime(), to });
    const here = faults.get(place) ?? (to.endsWith('/target') ? faults.get('target') : undefined);
    const { code, takesMs } = here ?? { code: undefined, takesMs: TAKES_MS };
    await new Promise<void>((resolve) => void clock.setTimer(takesMs, resolve));
    if (code !== undefined) throw new CodedError(code);
  }

  async function issue(roleARN: string, seconds: number, signer?: Credentials): Promise<Session> {
    const signedAt = clock.wall() + clock.offset();
    const sentAt = clock.elapsed();
    await visit('sts', roleARN);
    const age = stsNow() - signedAt;
    if (signer && (age > MAX_AGE_MS || age < -MAX_AHEAD_MS)) throw refused(stsNow());
    if ((signer?.expiresAt ?? Infinity) <= stsNow()) throw new CodedError('StsCredentialsExpired');
    const keys = { AccessKeyId: `ASIA${calls.length}`, SecretAccessKey: 'secret', SessionToken: 'session' };
    const expiresAt = stsNow() + (lastMs ?? seconds * SECOND);
    const heard = reading(stsNow(), sentAt);
    learnFromSession(clock, heard, expiresAt, seconds);
    return readSession({ ...keys, Expiration: new Date(expiresAt) }, { now: clock.now(), answeredAt: heard.time });
  }

  const reading = (time: number, sentAt: number): Reading => {
    return { time: Math.floor(time / SECOND) * SECOND, sentAt, receivedAt: clock.elapsed() };
  };

  /** As assume.ts calls STS. */
  async function call(roleARN: string, seconds: number, signer?: Credentials): Promise<Session> {
    const sentAt = clock.elapsed();
    try {
      return await inTime(
        clock,
        () => issue(roleARN, seconds, signer),
        (thrown) => readingOf(thrown, reading(stsNow(), sentAt)),
      );
    } catch (error) {
      throw error instanceof CodedError ? error : new CodedError('StsClockSkew');
    }
  }

  const outside: Outside = {
    assumeRole: (signer, { roleARN, durationSeconds }) => call(roleARN, durationSeconds, signer),
    assumeRoleWithWebIdentity: ({ roleARN, durationSeconds = 3600 }) => call(roleARN, durationSeconds),
    webIdentityToken: () => () => {
      const code = faults.get('token')?.code;
      return code === undefined ? Promise.resolve('token') : Promise.reject(new CodedError(code));
    },
  };
  const fetchOf = makeChains({
    agent: {
      fetch: async () => {
        await visit('agent', 'agent');
        agentAnswered = true;
        return { accessKeyId: 'ASIABASE', secretAccessKey: 's', sessionToken: 't', expiresAt: stsNow() + baseMs };
      },
      everAnswered: () => agentAnswered,
    },
    token: { projected: '', apiserver: undefined, folder: '', self: { namespace: 'n', serviceAccount: 's' } },
    environmentFolder: '',
    externalIDFolder: '',
    clock,
    hasEnded: (expiresAt) => clock.known() && expiresAt <= clock.now(),
    uptime: clock.uptime,
    outside,
    onServedStale: ({ code }) => bridged.push(code),
  });

  const refreshers = new Map(
    roles.map((plan, index) => {
      const walk = fetchOf(plan);
      const fetch = (): Promise<Session> => {
        const last = refreshers.get(plan.name)?.offer().session;
        if (index === 0) fetches.push({ at: clock.uptime(), left: last ? last.expiresAt - stsNow() : 0 });
        return walk();
      };
      return [plan.name, makeRoleRefresher({ role: plan.name, fetch, clock, onFetched: (end) => ends.push(end) })];
    }),
  );
  const digests = digestTokens(new Map(roles.map(({ name }) => [name, { token: `token of ${name}` }])));
  const responder = makeResponder({ refreshers, clock });
  responder.open({ port: 1, ...digests, accountIDs: new Map() });

  async function ask(name = roles[0]?.name ?? ''): Promise<void> {
    const hadSession = isValid(refreshers.get(name)?.offer().session, stsNow());
    const url = credentialsPath(name);
    const request = { host: '127.0.0.1', url, method: 'GET', authorization: `token of ${name}` };
    const { status } = await responder.respond(request);
    const { expiresAt = -Infinity } = refreshers.get(name)?.offer().session ?? {};
    seen.push({ at: clock.uptime(), status, hadSession, leftMs: expiresAt - stsNow() });
  }

  for (const refresher of refreshers.values()) refresher.start();
  return {
    clock,
    refreshers,
    responder,
    seen,
    calls,
    ends,
    bridged,
    fetches,
    ask,
    fail: (place, code, takesMs = TAKES_MS) => {
      if (code === undefined) faults.delete(place);
      else faults.set(place, { code, takesMs });
    },
    sessionsLast: (ms) => (lastMs = ms),
    sleep: clock.sleep,
    run: async (ms) => {
      for (let left = ms; left > 0; left -= SECOND) {
        void ask();
        await clock.advance(Math.min(SECOND, left));
      }
    },
  };
}
