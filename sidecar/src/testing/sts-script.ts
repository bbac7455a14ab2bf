import { CodedError, type ErrorCode } from '@rolechain/shared';
import type { Session } from '../model/session.ts';
import { makeSession } from './sessions.ts';
import type { SimClock } from './sim-clock.ts';

/** What the next fetches do: a session of so many minutes, an error, or whatever is set by hand. */
export type Step = number | ErrorCode | (() => Promise<Session>);

export interface Script {
  fetch(): Promise<Session>;
  /** When each fetch began, in milliseconds since the clock's start. */
  readonly began: number[];
  /** What fetches do from now on; the last step stands for all that follow. */
  then(...steps: Step[]): void;
  /** The most fetches that ran at once. */
  mostAtOnce(): number;
}

/** A chain that does what a test says, and counts. Each fetch takes `takesMs`. STS tells AWS's time with each session. */
export function makeScript(clock: SimClock, takesMs: number, ...first: Step[]): Script {
  let steps = first;
  let running = 0;
  let most = 0;
  const began: number[] = [];

  async function fetch(): Promise<Session> {
    began.push(clock.uptime());
    const sentAt = clock.elapsed();
    running += 1;
    most = Math.max(most, running);
    const step = (steps.length > 1 ? steps.shift() : steps[0]) ?? 60;
    await new Promise<void>((resolve) => clock.setTimer(takesMs, resolve));
    running -= 1;
    if (typeof step === 'function') return step();
    if (typeof step === 'string') throw new CodedError(step);
    clock.hear(sentAt);
    return { ...makeSession(clock.aws(), step, `fetch ${began.length}`), obtainedAt: clock.now() };
  }

  return {
    fetch,
    began,
    then: (...next) => {
      steps = next;
    },
    mostAtOnce: () => most,
  };
}
