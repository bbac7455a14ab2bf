/**
 * Answers requests, and holds those that can't be answered yet: SDKs send their retries within
 * milliseconds, so each 503 that is held first turns their tries into seconds of patience.
 */
import { CodedError, LIMITS } from '@rolechain/shared';
import {
  answer,
  errorAnswer,
  followUpAnswer,
  type Answer,
  type EndpointConfig,
  type Outcome,
  type RequestFacts,
} from './answer.ts';
import type { RoleOffer } from '../model/session.ts';
import type { Clock } from '../model/clock.ts';
import type { RoleRefresher } from '../refresh/role-refresher.ts';
import { makeFollowUps } from './follow-ups.ts';
import { makePlaces } from './places.ts';

export interface ResponderOptions {
  readonly refreshers: ReadonlyMap<string, RoleRefresher>;
  readonly clock: Clock;
  readonly onAnswer?: (answer: Answer) => void;
}

export interface Responder {
  /**
   * At once where there is an answer; else never rejects, and takes `LIMITS.holdMs` at most. Until the endpoint is open, no
   * request is judged: each waits for it, and is answered 503 when it has waited that long. One that has a body waits for
   * nothing: meanwhile the kernel would keep what comes of it, on our account.
   */
  respond(request: RequestFacts): Answer | Promise<Answer>;
  /** The tokens are written: from here on they count. Those that they replaced are told apart for a minute. */
  open(config: EndpointConfig): void;
  /** Why the endpoint is not open yet. */
  shut(error: CodedError): void;
  /** How many requests are held now. */
  held(): number;
  /** From here on nothing is held: what waits is answered at once. */
  close(): void;
}

const NOTHING: RoleOffer = { session: undefined, error: undefined, fetching: false };

/** The time for which one request may be held. */
interface Patience {
  over(): boolean;
  /** Waits for the event, or until the patience is over. */
  until(event: Promise<undefined>): Promise<undefined>;
  /** Waits until the patience is over. */
  readonly end: Promise<undefined>;
  /** Ends it. */
  readonly lose: () => void;
}

export function makeResponder({ refreshers, clock, onAnswer }: ResponderOptions): Responder {
  const places = makePlaces(LIMITS.heldRequests, refreshers.size);
  const replacedPlaces = makePlaces(LIMITS.heldReplacedRequests, refreshers.size);
  // Not one promise that all of them race: it would keep something of each request for as long as the process lives.
  const held = new Set<Patience>();
  const atDoor = new Set<Patience>();
  let closed = false;
  let whyShut = new CodedError('NotReady');
  let configNow: (() => EndpointConfig) | undefined;

  const followUps = makeFollowUps(clock.uptime);

  /** The answer as it is sent. */
  function told(request: RequestFacts, result: Answer): Answer {
    const { code } = result;
    const follows = code === 'TokenMissing' ? followUps.follows(request) : undefined;
    if (code !== undefined && request.authorization) followUps.refused(request, code);
    const sent = follows === undefined ? result : followUpAnswer(follows);
    onAnswer?.(sent);
    return sent;
  }

  const tooMany = (): Answer => errorAnswer(new CodedError('TooManyRequests'));

  async function patiently<T>(ms: number, task: (patience: Patience) => Promise<T>): Promise<T> {
    let over = false;
    const end = Promise.withResolvers<undefined>();
    const lose = (): void => {
      over = true;
      end.resolve(undefined);
    };
    const until = (event: Promise<undefined>): Promise<undefined> => Promise.race([event, end.promise]);
    const patience = { over: () => over, until, end: end.promise, lose };
    const cancel = clock.setTimer(ms, lose);
    held.add(patience);
    if (closed) lose();
    try {
      return await task(patience);
    } finally {
      held.delete(patience);
      cancel();
    }
  }

  const ask = (request: RequestFacts, config: EndpointConfig, patience: boolean): Outcome =>
    answer(request, config, (role) => refreshers.get(role)?.offer() ?? NOTHING, clock.now(), patience && !closed);

  /** Of a request that is in order, until a fetch has ended well, or ill for good. */
  async function holdForFetch(
    request: RequestFacts,
    config: EndpointConfig,
    refresher: RoleRefresher,
    patience: Patience,
  ): Promise<Answer> {
    for (;;) {
      refresher.requestRefresh();
      await patience.until(refresher.fetchSettled());
      // A fetch that failed in passing is no answer yet: the next one may come within the time.
      const outcome = ask(request, config, !patience.over());
      if ('answer' in outcome) return outcome.answer;
    }
  }

  /** A session that is only doubted goes before an error. */
  function servedOr(request: RequestFacts, config: EndpointConfig, otherwise: () => Answer): Answer {
    const now = ask(request, config, false);
    return 'answer' in now && now.answer.status === 200 ? now.answer : otherwise();
  }

  function inPlace(
    { take, give }: typeof places,
    role: string,
    ms: number,
    task: (patience: Patience) => Promise<Answer>,
    otherwise = tooMany,
  ): Answer | Promise<Answer> {
    if (!take(role)) return otherwise();
    return patiently(ms, task).finally(() => give(role));
  }

  function judge(request: RequestFacts, config: EndpointConfig, ms: number): Answer | Promise<Answer> {
    const outcome = ask(request, config, !request.hasBody);
    if ('replaced' in outcome) {
      // 503 also where the minute ends meanwhile. No fetch comes earlier for it: whose request it is nobody knows.
      const replaced = errorAnswer(new CodedError('TokenReplaced'));
      return inPlace(replacedPlaces, outcome.replaced, ms, ({ end }) => end.then(() => replaced));
    }
    if ('hold' in outcome) {
      const refresher = refreshers.get(outcome.hold);
      if (refresher === undefined) return tooMany();
      const task = (patience: Patience): Promise<Answer> => holdForFetch(request, config, refresher, patience);
      return inPlace(places, outcome.hold, ms, task, () => servedOr(request, config, tooMany));
    }
    // Where timers have stood still, or the node's clock has jumped, the request begins the fetch that is due.
    if (outcome.role !== undefined) refreshers.get(outcome.role)?.requestRefresh();
    return outcome.answer;
  }

  async function waitAtDoor(request: RequestFacts): Promise<Answer> {
    if (request.hasBody) return errorAnswer(whyShut);
    if (atDoor.size >= LIMITS.heldRequests) return tooMany();
    const from = clock.uptime();
    await patiently(LIMITS.holdMs, async (patience) => {
      atDoor.add(patience);
      await patience.end;
      atDoor.delete(patience);
    });
    if (configNow === undefined) return errorAnswer(whyShut);
    return judge(request, configNow(), LIMITS.holdMs - (clock.uptime() - from));
  }

  return {
    respond: (request) => {
      const result = configNow === undefined ? waitAtDoor(request) : judge(request, configNow(), LIMITS.holdMs);
      return result instanceof Promise ? result.then((later) => told(request, later)) : told(request, result);
    },
    open: (config) => {
      const until = clock.uptime() + LIMITS.replacedTokenSeconds * 1000;
      const later: EndpointConfig = { ...config, replaced: new Map() };
      configNow = () => (clock.uptime() < until ? config : later);
      for (const { lose } of atDoor) lose();
    },
    shut: (error) => {
      whyShut = error;
    },
    held: () => held.size,
    close: () => {
      closed = true;
      for (const { lose } of held) lose();
    },
  };
}
