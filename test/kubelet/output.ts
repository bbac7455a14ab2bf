/** What a process says: kept, and handed on line by line. */
import type { Readable } from 'node:stream';

const KEPT = 1024 * 1024;

/** Reads a stream to its end. Returns a function that gives what came so far, at most its last MiB. */
export function collect(stream: Readable | null, onLine: (line: string) => void): () => string {
  let kept = '';
  let rest = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-KEPT);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream?.once('end', () => {
    if (rest !== '') onLine(rest);
  });
  return () => kept;
}
