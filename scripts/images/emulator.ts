/** Runs programs of another architecture, by QEMU from Debian's packages and the kernel's binfmt_misc. */
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from '../../test/node/places.ts';
import { run, tryRun } from '../../test/node/run.ts';
import { HOST, type Architecture } from './architecture.ts';
import { extractPackages } from './buildah.ts';

const BINFMT = '/proc/sys/fs/binfmt_misc';
/** The emulator's own name in the kernel, so that one that the machine has is left as it is. */
const NAME = `rolechain-${process.pid}`;
/** First bytes of an ELF file for aarch64, and which of them count (qemu's scripts/qemu-binfmt-conf.sh). */
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;

/**
 * Does `work` while programs of `architecture` run here, and gives what it gives; or one sentence that says why they
 * can't. Needs root where the machine has no emulator of its own.
 */
export async function withEmulator<T>(
  architecture: Architecture,
  work: () => Promise<T>,
): Promise<T | { readonly reason: string }> {
  if (architecture === HOST || existsSync(join(BINFMT, 'qemu-aarch64'))) return work();
  if (architecture !== 'arm64') return { reason: `This machine is ${HOST}, and only arm64 is emulated.` };
  if (process.getuid?.() !== 0) return { reason: 'An emulator needs root, and this user is not.' };
  const isMounted = existsSync(join(BINFMT, 'register'));
  if (!isMounted) {
    const { code } = await tryRun('mount', ['-t', 'binfmt_misc', 'none', BINFMT]);
    if (code !== 0) return { reason: 'The kernel has no binfmt_misc, by which it starts an emulator.' };
  }
  try {
    // F: the kernel opens the emulator now, so that it is there in a container too. O: and for it the program, which it may not
    // be able to read: our images' Node.
    writeFileSync(join(BINFMT, 'register'), `:${NAME}:M::${MAGIC}:${MASK}:${await emulator()}:OF`);
    return await work();
  } finally {
    if (existsSync(join(BINFMT, NAME))) writeFileSync(join(BINFMT, NAME), '-1');
    if (!isMounted) await run('umount', [BINFMT]);
  }
}

async function emulator(): Promise<string> {
  const program = join(CACHE, 'qemu-aarch64-static');
  if (existsSync(program)) return program;
  const folder = `${program}.part`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await extractPackages(['qemu-user-static'], HOST, join(folder, 'packages.tar'));
  const path = './usr/bin/qemu-aarch64-static';
  await run('tar', ['--extract', `--file=${join(folder, 'packages.tar')}`, path], { cwd: folder, timeoutMs: 600_000 });
  await rename(join(folder, path), program);
  await rm(folder, { recursive: true, force: true });
  return program;
}
