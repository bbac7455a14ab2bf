/**
 * A container's holder, after the kubelet's own `pause`: a small shell that keeps the mount namespace
 * alive, and that ends the program when this process ends, in whatever way, even by SIGKILL.
 *
 * It reads from a pipe whose other end only this process holds; when we end, the kernel closes the pipe.
 * The program itself is never started by a shell, which would add to its environment (PWD, `_`) or drop
 * from it (names with dots).
 */
import { spawn, type ChildProcess } from 'node:child_process';

export interface Pause {
  readonly pid: number;
  /** From now on this process, the leader of a group, ends when we do, with all its group. */
  guard(pid: number): void;
  end(): void;
}

export interface PauseOptions {
  /** The command that makes the namespaces and then runs what follows it; empty for none. */
  readonly unshare: readonly string[];
  /** Operations of the script below. */
  readonly operations: readonly string[];
  /** Where the script finds `mount` and other tools. */
  readonly path: string;
  /** Folder that is removed when this process ended without ending the holder. */
  readonly removeAfter: string;
}

// fixture FOLDER             makes a small file system to gather mounts in. It can't be bound, or a temp folder
//                          below BASE would bring the fixture into itself.
// bind SOURCE TARGET MODE  mounts a folder or file at TARGET, `ro` or `rw`. Flags that the source has may not
//                          be taken off in a user namespace, so all of them are added.
// cover STAGE BASE         puts a fixture in the place of BASE, for this namespace alone. What BASE held stays
//                          reachable by links, since programs need some of it (resolv.conf, sockets), except
//                          for names that a mount has taken.
// -n keeps mount(8) from noting what it does in a file below /run, which is not ours.
const script = `
set -e
folder=$1; shift
bind() {
  if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "\${2%/*}"; [ -e "$2" ] || : >"$2"; fi
  mount -n --bind "$1" "$2"
  [ "$3" = rw ] || mount -n -o remount,bind,ro,nosuid,nodev,noexec "$2"
}
cover() {
  mkdir "$1/.host"
  mount -n --rbind "$2" "$1/.host"
  for entry in "$1"/.host/* "$1"/.host/.[!.]*; do
    link="$1/\${entry##*/}"
    [ -e "$link" ] || [ -L "$link" ] && continue
    if [ -L "$entry" ]; then cp -P "$entry" "$link"; elif [ -e "$entry" ]; then ln -s ".host/\${entry##*/}" "$link"; fi
  done
  mount -n --move "$1" "$2"
}
while [ $# -gt 0 ]; do
  case $1 in
    fixture) mkdir -p "$2"; mount -n -t tmpfs -o mode=755 rolechain "$2"; mount -n --make-unbindable "$2"; shift 2 ;;
    bind) bind "$2" "$3" "$4"; shift 4 ;;
    cover) cover "$2" "$3"; shift 3 ;;
    *) echo "unknown operation $1" >&2; exit 2 ;;
  esac
done
echo ready
read -r program || exit 0
read -r _ || :
kill -s KILL -- "-$program" || :
cd /
rm -rf -- "$folder"
`;

/** Resolves once all operations are done. Rejects with the tool's own words when one of them failed. */
export async function startPause({ unshare, operations, path, removeAfter }: PauseOptions): Promise<Pause> {
  const [command, ...args] = [...unshare, '/bin/sh'];
  const child = spawn(command, [...args, '-c', script, 'sh', removeAfter, ...operations], {
    env: { PATH: path },
    stdio: 'pipe',
    // A group of its own: Ctrl-C in a terminal must not end it before it has done its work.
    detached: true,
  });
  // It may be gone when it is told something.
  child.stdin.on('error', () => undefined);
  await ready(child);
  return {
    pid: child.pid ?? -1,
    guard: (pid) => void child.stdin.write(`${pid}\n`),
    end: () => void child.kill('SIGKILL'),
  };
}

function ready(child: ChildProcess): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout?.once('data', () => resolve());
    child.once('close', (code, signal) => reject(new Error(said.trim() || `ended with ${signal ?? code}`)));
  });
}
