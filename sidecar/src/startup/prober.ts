/**
 * The command of the startup probe and, called with `readiness`, of the readiness probe: one line and exit code 0 or 1. The line
 * becomes the pod's event, so it names role, error code and fix.
 */
import { ENV, PROBER_READINESS } from '@rolechain/shared';
import { filesUnder } from '../model/files.ts';
import { readState, writerRuns } from './state-file.ts';
import { readiness, verdict, type Verdict } from './verdict.ts';

/**
 * In the first seconds of a pod nothing is wrong yet, and an exit code of 1 would be an event of the kind Warning: it waits so
 * long since its own start, well under the 5 s that the kubelet gives it, and looks again so often.
 */
const WAIT_MS = 2_500;
const LOOK_MS = 100;

const judge = process.argv[2] === PROBER_READINESS ? readiness : verdict;
const path = filesUnder(process.env[ENV.root] ?? '').state;

function probe(): Verdict {
  const state = readState(path);
  const early = (text: string): Verdict => ({ passed: false, text: `rolechain is starting: ${text}`, early: true });
  if (state === undefined) return early(`it has not written its state yet (${path})`);
  if (!writerRuns(state)) return early('its process is a new one');
  return judge(state, Date.now());
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

let result = probe();
while (result.early && performance.now() < WAIT_MS) {
  sleep(LOOK_MS);
  result = probe();
}
process.stdout.write(`${result.text.replaceAll('\n', ' ')}\n`);
process.exitCode = result.passed ? 0 : 1;
