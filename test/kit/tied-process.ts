/**
 * Child processes that never outlive this one, even when it is ended by SIGKILL.
 *
 * Each child has a small watcher, a subshell that reads from a pipe whose other end only this process
 * holds. When this process ends, in whatever way, the kernel closes the pipe, and the watcher ends the child.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { Writable } from 'node:stream';

export interface TiedProcess {
  /** The process id of the program itself, and of its process group. */
  readonly pid: number;
  /** Resolves once the program has ended, with how: "exit code 1", "SIGKILL" or why it couldn't start. */
  readonly ended: Promise<string>;
  /** Sends a signal to the program alone. After SIGSTOP it stands still once this returns. */
  signal(name: NodeJS.Signals): void;
  /** Ends the program and everything it started by SIGKILL, and waits for that. */
  kill(): Promise<void>;
}

export interface TiedOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** File descriptor that takes stdout and stderr. */
  readonly output: number;
  /** Folder that the watcher removes when this process ended without killing the program. */
  readonly removeAfter?: string;
}

// $$ is the shell that `exec` turns into the program, also inside of the subshell. A line on the pipe says
// that the program has ended by itself; end of file says that we have. SIGTERM goes to the group, for
// the sake of compilers that `go build` starts; the watcher, who is of that group, ignores it.
const script = `
dir=$1; shift
{
  trap '' TERM
  read -r _ <&3 && exit
  kill -s TERM -- -$$
  kill -s KILL $$
  [ -z "$dir" ] || rm -rf -- "$dir"
} &
exec "$@" 3<&-
`;

/** Starts `command`, tied to the life of this process. */
export function spawnTied(command: string, args: readonly string[], options: TiedOptions): TiedProcess {
  const child = spawn('/bin/sh', ['-c', script, 'sh', options.removeAfter ?? '', command, ...args], {
    env: options.env,
    cwd: options.cwd,
    // Not stdin, which Node closes when the program ends, before we could say that it has.
    stdio: ['ignore', options.output, options.output, 'pipe'],
    // A group of its own: Ctrl-C in the terminal is for us, who then stop things in order.
    detached: true,
  });
  const pipe = child.stdio[3] as Writable | undefined;
  // The watcher may be gone before the line reaches it.
  pipe?.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      pipe?.end('\n');
      resolve(signal ?? `exit code ${code}`);
    });
  });
  const { pid } = child;
  const running = () => pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    pid: pid ?? -1,
    ended,
    signal: (name) => {
      if (!running()) return;
      child.kill(name);
      if (name === 'SIGSTOP' && pid !== undefined) untilStopped(pid);
    },
    kill: async () => {
      if (pid !== undefined && running()) process.kill(-pid, 'SIGKILL');
      await ended;
    },
  };
}

/** The kernel stops a thread when it next looks for signals: until then, on a busy machine, it goes on answering. */
function untilStopped(pid: number): void {
  const folder = `/proc/${pid}/task`;
  for (let tries = 0; tries < 1000 && existsSync(folder); tries++) {
    // The command stands in parentheses and may hold anything; the state follows the last of them (proc(5)).
    const states = readdirSync(folder).map((thread) => {
      const stat = readFileSync(`${folder}/${thread}/stat`, 'latin1');
      return stat.charAt(stat.lastIndexOf(')') + 2);
    });
    if (states.every((state) => 'Tt'.includes(state))) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}
