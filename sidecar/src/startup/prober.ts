/**
 * The startup probe's command: one line and exit code 0 or 1. The line becomes the pod's event, so it
 * names role, error code and fix.
 *
 * `prober.cjs status PORT` prints what the sidecar says on /status: for who may exec but not reach the pod's IP, which a
 * NetworkPolicy or a mesh's strict mTLS closes to others. Neither comes between a pod and itself.
 */
import { ENV, PATHS } from '@rolechain/shared';
import { filesUnder } from '../model/files.ts';
import { readState, verdict, writerRuns, type Verdict } from './state-file.ts';

/** The kubelet cuts an event's message at 1024 bytes, its own words included (client-go, events). */
const MAX_CHARS = 900;
const TAIL_CHARS = 460;

function probe(): Verdict {
  const path = filesUnder(process.env[ENV.root] ?? '').state;
  const state = readState(path);
  if (state === undefined) return { passed: false, text: `the sidecar has not written its state yet (${path})` };
  if (!writerRuns(state)) return { passed: false, text: 'the sidecar is starting again' };
  return verdict(state, Date.now());
}

/** Of a long line the middle is left out: the code stands at its beginning, the fix at its end. */
function shorten(line: string): string {
  if (line.length <= MAX_CHARS) return line;
  return `${line.slice(0, MAX_CHARS - TAIL_CHARS - 5)} ... ${line.slice(-TAIL_CHARS)}`;
}

function printVerdict(): void {
  const { passed, text } = probe();
  process.stdout.write(`${shorten(text.replaceAll('\n', ' '))}\n`);
  process.exitCode = passed ? 0 : 1;
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
  asked.on('response', (response) => response.on('error', fail).pipe(process.stdout));
}

const [, , command, port] = process.argv;
if (command === 'status' && port !== undefined) void printStatus(port);
else printVerdict();
