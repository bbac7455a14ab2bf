/** A log of the form that our programs write, for code that runs within a test. The search for secrets hears it too. */
import { heard } from './record.ts';

type Write = (fields: object, message: string) => void;

export interface RecordingLog {
  /** Everything that was logged, as one would find it in the output: JSON with `level` and `message`. */
  readonly lines: string[];
  /** All are. */
  readonly isLevelEnabled: () => true;
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

export function recordingLog(): RecordingLog {
  const lines: string[] = [];
  const write =
    (level: string): Write =>
    (fields, message) => {
      const line = JSON.stringify({ level, ...fields, message });
      heard('log within the test', line);
      lines.push(line);
    };
  return {
    lines,
    isLevelEnabled: () => true,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}
