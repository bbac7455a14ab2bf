/** The files of the sidecar's image as a container finds them: in the page cache already, or on the disk alone. */
import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { spawnTied } from '@rolechain/kit/tied-process.ts';
import { inGroup } from '@rolechain/test/cgroup/memory.ts';
import type { Contestant, Contestants } from './contestants.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { World } from './world.ts';

export interface Image {
  /** The shipped sidecar, which enters this group. */
  readonly contestant: (enter: string) => Contestant;
  /** The startup probe's command in that group. */
  readonly prober: (enter: string) => readonly string[];
  readonly close: () => Promise<void>;
}

/** Who runs besides has read the files, and is charged for their pages. */
export function warmImage(contestants: Contestants): Image {
  return imageIn(contestants, { node: process.execPath, folder: contestants.shippedFolder });
}

/** A copy that no process has read: reading it from the disk is charged to who does it first. */
export function coldImage(contestants: Contestants, { folder }: World, name: string): Image {
  const copy = copyTo(join(folder, name), contestants);
  for (const file of readdirSync(copy)) evict(join(copy, file));
  return imageIn(contestants, { node: join(copy, 'node'), folder: copy });
}

/** KiB that the kernel reads ahead where nobody has set anything else. */
export const USUAL_READ_AHEAD_KIB = 128;

/** Mounts $1 at $2 through a loop device that bypasses the page cache below it, and stays until it is killed. */
const HOLD = `
loop=$(losetup --find --show --read-only --direct-io=on "$1") || exit
blockdev --setra ${USUAL_READ_AHEAD_KIB * 2} "$loop"
mount -o ro "$loop" "$2"; status=$?
losetup --detach "$loop"
[ $status = 0 ] && exec sleep 3600
`;

/** A file system for \`usualImage\`, made once. Needs root, for the mount. */
export function makeDisk(contestants: Contestants, { folder }: World): string {
  const disk = join(folder, 'disk.ext4');
  const args = ['-q', '-d', copyTo(join(folder, 'disk-files'), contestants), disk, '400M'];
  const { status, error, stderr } = spawnSync('mkfs.ext4', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mkfs.ext4: ${error?.message ?? stderr}`);
  evict(disk);
  return disk;
}

/**
 * The same from a disk with the usual read-ahead, whatever this machine's own has. It is mounted in a mount namespace
 * that ends with the process that holds it, so that nothing is left behind.
 */
export async function usualImage(contestants: Contestants, { folder }: World, disk: string): Promise<Image> {
  const mountPoint = join(folder, 'disk');
  mkdirSync(mountPoint, { recursive: true });
  const log = join(folder, 'disk.log');
  const output = openSync(log, 'a');
  const env = { PATH: process.env.PATH };
  const holder = spawnTied('unshare', ['--mount', '/bin/sh', '-c', HOLD, 'sh', disk, mountPoint], { env, output });
  closeSync(output);
  const mounted = `/proc/${holder.pid}/root${mountPoint}/node`;
  try {
    await eventually('the mount', () => existsSync(mounted), { everyMs: 10 });
  } catch (error) {
    await holder.kill();
    throw new Error(`no disk can be mounted: ${readFileSync(log, 'utf8').trim()}`, { cause: error });
  }
  const enter = ['/usr/bin/nsenter', `--mount=/proc/${holder.pid}/ns/mnt`];
  const image = imageIn(contestants, { node: join(mountPoint, 'node'), folder: mountPoint }, enter);
  return { ...image, close: holder.kill };
}

function imageIn(
  { shipped, shippedFolder }: Contestants,
  { node, folder }: { node: string; folder: string },
  before: readonly string[] = [],
): Image {
  const moved = (word: string): string =>
    word === process.execPath ? node : word.replace(`${shippedFolder}/`, `${folder}/`);
  const wrapped = (enter: string, command: readonly string[]): readonly string[] => [
    ...before,
    ...inGroup(enter, command.map(moved)),
  ];
  return {
    contestant: (enter) => ({
      name: shipped.name,
      launch: (pod, world) => {
        const whole = shipped.launch(pod, world);
        return { ...whole, command: wrapped(enter, whole.command) };
      },
    }),
    prober: (enter) => wrapped(enter, [process.execPath, join(shippedFolder, 'prober.cjs')]),
    close: () => Promise.resolve(),
  };
}

/** node and the shipped programs. */
function copyTo(folder: string, { shippedFolder }: Contestants): string {
  mkdirSync(folder);
  cpSync(process.execPath, join(folder, 'node'));
  cpSync(shippedFolder, folder, { recursive: true });
  return folder;
}

/** Writes a file's pages to the disk and takes them out of the page cache (posix_fadvise, as dd's manual shows it). */
function evict(path: string): void {
  const args = [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'];
  const { status, stderr } = spawnSync('dd', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`dd: ${stderr}`);
}

/** KiB that the kernel reads ahead on the device of `path`; undefined where it isn't known. */
export function readAheadKiB(path: string): number | undefined {
  const { dev } = statSync(path);
  // makedev of glibc, for the numbers that occur.
  const device = `/sys/dev/block/${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  for (const place of ['queue', '../queue']) {
    try {
      return Number(readFileSync(join(device, place, 'read_ahead_kb'), 'utf8'));
    } catch {
      // A partition has no queue of its own.
    }
  }
  return undefined;
}
