/**
 * The command of the startup probe and, called with `readiness`, of the readiness probe: one line and exit code 0 or 1. The line
 * becomes the pod's event, so it names role, error code and fix.
 *
 * `prober.cjs status PORT` prints what the sidecar says on /status: for who may exec but not reach the pod's IP, which a
 * NetworkPolicy or a mesh's strict mTLS closes to others. Neither comes between a pod and itself.
 */
import { ENV, PATHS, PROBER_READINESS } from '@rolechain/shared';
import { filesUnder } from '../model/files.ts';
import { readState, writerRuns } from './state-file.ts';
import { readiness, verdict, type Verdict } from './verdict.ts';

/**
 * In the first seconds of a pod nothing is wrong yet, and an exit code of 1 would be an event of the kind Warning: it waits so
 * long since its own start, well under the 5 s that the kubelet gives it, and looks again so often.
 */
const WAIT_MS = 2_500;
const LOOK_MS = 100;

type Judge = typeof verdict;

function probe(judge: Judge): Verdict {
  const path = filesUnder(process.env[ENV.root] ?? '').state;
  const state = readState(path);
  const early = (text: string): Verdict => ({ passed: false, text: `rolechain is starting: ${text}`, early: true });
  if (state === undefined) return early(`it has not written its state yet (${path})`);
  if (!writerRuns(state)) return early('its process is a new one');
  return judge(state, Date.now());
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function printVerdict(judge: Judge): void {
  let result = probe(judge);
  while (result.early && performance.now() < WAIT_MS) {
    sleep(LOOK_MS);
    result = probe(judge);
  }
  process.stdout.write(`${result.text.replaceAll('\n', ' ')}\n`);
  process.exitCode = result.passed ? 0 : 1;
}

const STATUS_MS = 3000;

/** node:http is loaded here alone: the probe runs once a second. */
async function printStatus(port: string): Promise<void> {
  const { get } = await import('node:http');
  const asked = get({ host: process.env[ENV.podIP] ?? '127.0.0.1', port, path: PATHS.status, timeout: STATUS_MS });
  const fail = ({ message }: Error): void => {
    process.stdout.write(`the sidecar does not answer on port ${port}: ${message}\n`);
    process.exitCode = 1;
  };
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${STATUS_MS / 1000} s`)));
  asked.on('error', fail);
  asked.on('response', (response) => {
    const { statusCode } = response;
    if (statusCode === 200) response.on('error', fail).pipe(process.stdout);
    else asked.destroy(new Error(`what listens there is not the sidecar, status ${statusCode}`));
  });
}

const [, , command, port] = process.argv;
if (command === 'status' && port !== undefined) void printStatus(port);
else printVerdict(command === PROBER_READINESS ? readiness : verdict);
