/** What a curious process finds out about another one of its pod. */
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';

export interface Peeked {
  readonly pid: number;
  readonly user: number;
  /** "read", or the error code of the attempt. */
  readonly environment: string;
  readonly memory: string;
}

/** Tries the process whose command line contains `word`; undefined where no other process has it. */
export function peek(word: string): Peeked | undefined {
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .find((one) => attempt(() => readFileSync(`/proc/${one}/cmdline`, 'utf8').includes(word)) === true);
  if (pid === undefined) return undefined;
  return {
    pid,
    user: Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    environment: attempt(() => (readFileSync(`/proc/${pid}/environ`), 'read')),
    memory: attempt(() => readMemory(pid)),
  };
}

/** The first bytes of its first mapping. */
function readMemory(pid: number): string {
  const file = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const start = parseInt(readFileSync(`/proc/${pid}/maps`, 'utf8').split('-')[0] ?? '', 16);
    return readSync(file, Buffer.alloc(16), 0, 16, start) === 16 ? 'read' : 'nothing';
  } finally {
    closeSync(file);
  }
}

function attempt<T>(what: () => T): T | string {
  try {
    return what();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
