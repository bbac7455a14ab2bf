import { makeNudges } from './nudges.ts';

const HOUR_MS = 3_600_000;
const signal = new AbortController().signal;

describe('makeNudges', () => {
  it('ends the wait in hand', async () => {
    const nudges = makeNudges();
    const waiting = nudges.wait(HOUR_MS, signal);
    nudges.nudge();
    await waiting;
  });

  it('ends the next wait, once, however many came before it', async () => {
    const nudges = makeNudges();
    nudges.nudge();
    nudges.nudge();
    await nudges.wait(HOUR_MS, signal);
    const ending = new AbortController();
    let isOver = false;
    const waiting = nudges.wait(HOUR_MS, ending.signal).then(() => (isOver = true));
    await new Promise(setImmediate);
    expect(isOver).toBe(false);
    ending.abort();
    await waiting;
  });

  it('waits no longer than it is told', () => makeNudges().wait(1, signal));
});
