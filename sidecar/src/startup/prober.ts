/**
 * The startup probe's command: one line and exit code 0 or 1. The line becomes the pod's event, so it
 * names role, error code and fix.
 */
import { ENV } from '@rolechain/shared';
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

const { passed, text } = probe();
const line = text.replaceAll('\n', ' ');
process.stdout.write(`${shorten(line)}\n`);
process.exitCode = passed ? 0 : 1;
