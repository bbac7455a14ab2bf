/**
 * Connections on our port that somebody else has: of a process that listened there while the sidecar was out, and closed its
 * listener but not them. An SDK keeps its end in a pool and sends the next request over it, with the token that it has just
 * read from the file (seen with Go v2 and JavaScript v3).
 */
import { Buffer } from 'node:buffer';
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { endianness } from 'node:os';

/** proc(5), /proc/net/tcp; of IPv4 addresses in an IPv6 socket, tcp6. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
/** 127.0.0.1 as the kernel writes it: in the byte order of the machine. At the end also of its form in IPv6. */
const LOOPBACK = endianness() === 'LE' ? '0100007F' : '7F000001';
/** In which a peer may still send to it: ESTABLISHED, FIN_WAIT1 and FIN_WAIT2 (include/net/tcp_states.h). */
const RECEIVING: ReadonlySet<string> = new Set(['01', '04', '05']);
/** Whose process has closed it, or not accepted it yet: those of our own backlog. */
const NOBODY = '0';

/** How many there are on a port of 127.0.0.1; 0 also where there is no /proc. */
export function unownedConnections(port: number): number {
  const found = TABLES.flatMap((path) => [...inodesOn(port, linesOf(path))]);
  if (found.length === 0) return 0;
  const own = ownSockets();
  return found.filter((inode) => !own.has(`socket:[${inode}]`)).length;
}

/** The inodes of sockets that receive on this port of 127.0.0.1, from the lines of such a table. Pure. */
export function* inodesOn(port: number, lines: Iterable<string>): Iterable<string> {
  const local = `${LOOPBACK}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of lines) {
    if (!line.includes(local)) continue;
    const [, address = '', , state = '', , , , , , inode = NOBODY] = line.trim().split(/ +/);
    if (address.endsWith(local) && RECEIVING.has(state) && inode !== NOBODY) yield inode;
  }
}

/** Piece by piece: anyone who shares the network can make the table long. */
function* linesOf(path: string): Iterable<string> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    const piece = Buffer.alloc(16 * 1024);
    let rest = '';
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
      const lines = (rest + piece.toString('latin1', 0, length)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(file);
  }
}

/** What this process's descriptors lead to. A process may always look at its own (fs/proc/fd.c). */
function ownSockets(): ReadonlySet<string> {
  const folder = '/proc/self/fd';
  return new Set(readdirSync(folder).map((fd) => targetOf(`${folder}/${fd}`)));
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // That of the folder that is being read: it is closed by now.
    return '';
  }
}
