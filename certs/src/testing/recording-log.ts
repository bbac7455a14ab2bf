import type { Log } from '../log.ts';

export interface RecordingLog extends Log {
  /** Everything that was logged, as one would find it in the output. */
  readonly lines: string[];
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push(JSON.stringify({ level, ...fields, message }));
  };
  return { lines, info: write('info'), warn: write('warn'), error: write('error') };
}
