import { cpus, release, totalmem } from 'node:os';

/** The facts of the machine that a figure depends on, one line. */
export function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processors.length} × ${model}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}`;
}
