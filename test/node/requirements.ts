/** What a machine needs for a node of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLUGIN_FOLDERS } from './containerd.ts';
import { NETWORK } from './places.ts';
import { tryRun } from './run.ts';
import { isUp } from './take-down.ts';

/** Program → the Debian package that has it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  ip: 'iproute2',
  iptables: 'iptables',
  nsenter: 'util-linux',
  openssl: 'openssl',
  buildah: 'buildah',
  mmdebstrap: 'mmdebstrap',
  npm: 'npm',
};
const PLUGINS = ['bridge', 'host-local', 'loopback'];

/** Folder of the network plugins, or one sentence that says why no node can be had here. */
export async function findRequirements(): Promise<{ readonly plugins: string } | { readonly reason: string }> {
  if (process.platform !== 'linux') return { reason: `A node needs Linux, and this is ${process.platform}.` };
  if (process.getuid?.() !== 0) return { reason: 'A node needs root, and this user is not.' };
  const folders = (process.env.PATH ?? '').split(':');
  const missing = Object.entries(PROGRAMS).filter(
    ([name]) => !folders.some((folder) => existsSync(join(folder, name))),
  );
  const plugins = PLUGIN_FOLDERS.find((folder) => PLUGINS.every((name) => existsSync(join(folder, name))));
  if (missing.length > 0 || plugins === undefined) {
    const packages = new Set([...missing.map(([, name]) => name), ...(plugins ? [] : ['containernetworking-plugins'])]);
    const names = [...packages].join(' ');
    return { reason: `Programs are missing. On Debian: apt-get install --no-install-recommends ${names}` };
  }
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\toverlay\n')) {
    // Not loaded yet, mostly: the kernel does that at the first mount.
    const { code } = await tryRun('modprobe', ['overlay']).catch(() => ({ code: 1 }));
    if (code !== 0) return { reason: 'The kernel has no overlay file system.' };
  }
  // Those of another run, or of one that was not taken down, are no obstacle: the one is waited for, the other ended.
  if (isUp()) return { plugins };
  const { stdout } = await tryRun('ip', ['-brief', 'address']);
  const taken = [NETWORK.host, NETWORK.api].filter((address) => stdout.includes(` ${address}/`));
  if (taken.length > 0) return { reason: `This machine has the address ${taken.join(' and ')} already: is it a node?` };
  return { plugins };
}
