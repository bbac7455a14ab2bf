/** Runs a program to its end. */
import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Milliseconds until SIGKILL; default two minutes. */
  readonly timeoutMs?: number;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves to what it wrote, whatever its exit code. Rejects when it can't be started. */
export async function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { cwd, env, input, timeoutMs = 120_000 } = options;
  const child = spawn(command, args, { cwd, env: env ?? process.env, timeout: timeoutMs, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that doesn't read its input to the end is right to do so.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Its output. Rejects with the end of what it wrote when its exit code isn't 0. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, args, options);
  if (code === 0) return stdout;
  const tail = `${stdout.slice(-1000)}${stderr.slice(-4000)}`.trim();
  throw new Error(`${command} ${args.slice(0, 3).join(' ')} … ended with ${code}:\n${tail}`);
}
