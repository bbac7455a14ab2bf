// Loaded before the webhook (NODE_OPTIONS): its wait while it drains, of 5 s, ends when the test says so, by SIGUSR2. What
// a test does meanwhile may take longer on a busy machine.
import process from 'node:process';
import timers from 'node:timers/promises';

const DRAIN_MS = 5000;
const over = Promise.withResolvers();
process.once('SIGUSR2', () => over.resolve());
const { setTimeout: sleep } = timers;
timers.setTimeout = (ms, ...rest) => (ms === DRAIN_MS ? over.promise : sleep(ms, ...rest));
