/** One loopback for the pods of all test files: of two pods whose sidecars have a port in common, one waits. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HeldPorts {
  readonly release: () => Promise<void>;
}

/**
 * Waits until no other process and no other pod of this one holds any of the ports, and holds them. What is held is
 * a name of the kernel's abstract sockets, not the port itself, so that the sidecar can listen; it ends with the
 * process that holds it, however that ends. Throws after `ms`, naming the port. Only Linux has such names: elsewhere
 * nothing is held, since there only the demo makes a pod, one at a time.
 */
export async function holdPorts(ports: readonly number[], ms = 60_000): Promise<HeldPorts> {
  if (process.platform !== 'linux') return { release: () => Promise.resolve() };
  const end = Date.now() + ms;
  const held: Server[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(held.splice(0).map((server) => once(server.close(), 'close')));
  };
  // In one order, or two that hold one port each would wait for each other.
  for (const port of [...ports].sort((a, b) => a - b)) {
    for (;;) {
      const server = await listen(`\0rolechain-test-pod-${port}`);
      if (server) {
        held.push(server);
        break;
      }
      if (Date.now() > end) {
        await release();
        throw new Error(`port ${port} of 127.0.0.1 was held by another test's pod for ${ms} ms`);
      }
      await sleep(20);
    }
  }
  return { release };
}

async function listen(name: string): Promise<Server | undefined> {
  const server = createServer();
  try {
    await once(server.listen(name), 'listening');
    // It ends with its process, and must not keep that alive.
    return server.unref();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return undefined;
  }
}
