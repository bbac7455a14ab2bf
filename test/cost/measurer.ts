/** The measuring process as seen from outside: asked one input at a time, and ended when it takes far too long. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Measured, Question } from './measure.ts';

/** A closer look is given up after so many times what a look may take: mostly its tries are far within it. */
const LOOKS = 25;

/** What came of an input. `ended`: the process did not live to tell. */
export type Outcome =
  { readonly measured: Measured | undefined } | { readonly ended: 'time' | 'memory'; readonly ms: number };

export interface Measurer {
  readonly ask: (question: Question) => Promise<Outcome>;
  /** Bytes in use when nothing is at work. */
  readonly restBytes: () => number;
  readonly stop: () => void;
}

export interface MeasurerOptions {
  /** Of the old generation. */
  readonly heapMiB: number;
  /**
   * Of one half of the young generation; V8's own default where it isn't said. With that, loading the programs at times
   * took more than 120 MiB of the old one, of which half is garbage: too little is collected when the young are many.
   */
  readonly youngMiB?: number;
  /** Processor time after which one look is given up; a closer look has LOOKS times as much. */
  readonly giveUpMs: number;
}

interface Running {
  readonly child: ChildProcess;
  readonly restBytes: number;
}

export async function startMeasurer(options: MeasurerOptions): Promise<Measurer> {
  let running = await start(options);
  return {
    ask: async (question) => {
      const giveUpMs = options.giveUpMs * (question.how === 'least' ? LOOKS : 1);
      const outcome = await ask(running.child, question, giveUpMs);
      if ('ended' in outcome) running = await start(options);
      return outcome;
    },
    restBytes: () => running.restBytes,
    stop: () => running.child.kill('SIGKILL'),
  };
}

async function start({ heapMiB, youngMiB }: MeasurerOptions): Promise<Running> {
  const young = youngMiB === undefined ? [] : [`--max-semi-space-size=${youngMiB}`];
  const child = fork(join(import.meta.dirname, 'measure.ts'), {
    // V8's own threads wait for processors that others hold, and turn while they do: of processor time, that is the
    // machine's part and not the input's. What they do is done all the same.
    execArgv: ['--expose-gc', '--single-threaded', `--max-old-space-size=${heapMiB}`, ...young],
    serialization: 'advanced',
    // What it says when its memory ends is V8's, and expected.
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the measuring process ended before it was ready: ${said}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [Answer];
  ended.catch(() => undefined);
  if (!('ready' in message)) throw new Error('the measuring process answers before it is asked');
  return { child, restBytes: message.ready.restBytes };
}

/** How often the time of a running question is looked at. */
const LOOK_MS = 100;
/** Where processor time can't be read, and where the process waits for what never comes. */
const WALL_MS = 60_000;

function ask(child: ChildProcess, question: Question, giveUpMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const started = { wall: performance.now(), cpu: processorMsOf(child.pid!) };
    const spent = (): number => processorMsOf(child.pid!) - started.cpu;
    let tooLong: number | undefined;
    const look = setInterval(() => {
      const ms = spent();
      if (ms < giveUpMs && performance.now() - started.wall < WALL_MS) return;
      tooLong = ms;
      child.kill('SIGKILL');
    }, LOOK_MS);
    const end = (outcome: Outcome): void => {
      clearInterval(look);
      child.off('message', answered).off('exit', exited);
      resolve(outcome);
    };
    const answered = (answer: Answer): void => {
      if ('measured' in answer) end({ measured: answer.measured });
    };
    const exited = (): void => end({ ended: tooLong === undefined ? 'memory' : 'time', ms: tooLong ?? 0 });
    child.on('message', answered).once('exit', exited);
    child.send(question);
  });
}

/** Linux counts 100 ticks a second for those who ask (proc_pid_stat(5), utime and stime). Elsewhere 0. */
export function processorMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}
