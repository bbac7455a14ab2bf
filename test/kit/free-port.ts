import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** One that was given is listened on at some time: who asks for two gets two. */
const given = new Set<number>();

/**
 * A TCP port of 127.0.0.1 that nothing listens on, and that no call of this process got before, for a program that must be told its port.
 *
 * From below the range that kernels give to port 0 and to outgoing connections (32768 and up on Linux, 49152 on
 * macOS), since one from that range can be taken between this answer and the program's bind.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(20_000, 28_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port between 20000 and 28000 on 127.0.0.1');
}

/** Whether a port of 127.0.0.1 can be listened on. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
