/**
 * Answers requests, and holds those that can't be answered yet: SDKs send their retries within
 * milliseconds, so each 503 that is held first turns their tries into seconds of patience.
 */
import { CodedError, LIMITS } from '@rolechain/shared';
import {
  answer,
  errorAnswer,
  type Answer,
  type Door,
  type Outcome,
  type RequestFacts,
  type RoleOffer,
} from './answer.ts';
import type { Clock } from './clock.ts';
import type { Keeper } from './keeper.ts';

export interface ResponderOptions {
  readonly door: Door;
  readonly keepers: ReadonlyMap<string, Keeper>;
  readonly clock: Clock;
  readonly onAnswer?: (answer: Answer) => void;
}

export interface Responder {
  /** At once where there is an answer; else never rejects, and takes `LIMITS.holdMs` at most. */
  respond(request: RequestFacts): Answer | Promise<Answer>;
  /** How many requests are held now. */
  held(): number;
  /** From here on nothing is held: what waits is answered at once. */
  close(): void;
}

const NOTHING: RoleOffer = { session: undefined, error: undefined, fetching: false };

export function makeResponder({ door, keepers, clock, onAnswer }: ResponderOptions): Responder {
  const closing = Promise.withResolvers<undefined>();
  let closed = false;
  let held = 0;

  const ask = (request: RequestFacts, patience: boolean): Outcome =>
    answer(request, door, (role) => keepers.get(role)?.offer() ?? NOTHING, clock.now(), patience && !closed);

  async function hold(request: RequestFacts, keeper: Keeper): Promise<Answer> {
    let timeUp = false;
    const time = Promise.withResolvers<undefined>();
    const cancel = clock.setTimer(LIMITS.holdMs, () => {
      timeUp = true;
      time.resolve(undefined);
    });
    held += 1;
    try {
      for (;;) {
        keeper.wanted();
        await Promise.race([keeper.nextEnd(), time.promise, closing.promise]);
        // A fetch that failed in passing is no answer yet: the next one may come within the time.
        const outcome = ask(request, !timeUp);
        if ('answer' in outcome) return outcome.answer;
      }
    } finally {
      held -= 1;
      cancel();
    }
  }

  function respond(request: RequestFacts): Answer | Promise<Answer> {
    const outcome = ask(request, true);
    if ('hold' in outcome) {
      const keeper = keepers.get(outcome.hold);
      if (keeper === undefined || held >= LIMITS.heldRequests) return errorAnswer(new CodedError('TooManyRequests'));
      return hold(request, keeper);
    }
    // Where a terminal error is told at once, the request still brings the next try forward.
    if (outcome.role !== undefined) keepers.get(outcome.role)?.wanted();
    return outcome.answer;
  }

  return {
    respond: (request) => {
      const told = (result: Answer): Answer => {
        onAnswer?.(result);
        return result;
      };
      const result = respond(request);
      return result instanceof Promise ? result.then(told) : told(result);
    },
    held: () => held,
    close: () => {
      closed = true;
      closing.resolve(undefined);
    },
  };
}
