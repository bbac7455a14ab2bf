/** One loopback for the pods of all test files: of two pods whose sidecars have a port in common, one waits. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { until } from '@rolechain/kit/until.ts';

export interface HeldPorts {
  readonly release: () => Promise<void>;
}

/**
 * Waits until no other process and no other pod of this one holds any of the ports, and holds them. What is held is
 * a name of the kernel's abstract sockets, not the port itself, so that the sidecar can listen; it ends with the
 * process that holds it, however that ends. A file's lock (cluster/lock.ts) is for work of minutes: it asks each second,
 * and takes a dead holder for alive for half a minute. Throws after `ms`, naming the port: a pod of another file may take its time, and a test must still have some. Only
 * Linux has such names: elsewhere nothing is held, since there only the demo makes a pod, one at a time.
 */
export async function holdPorts(ports: readonly number[], ms = 120_000): Promise<HeldPorts> {
  if (process.platform !== 'linux') return { release: () => Promise.resolve() };
  const held: Server[] = [];
  const release = async (): Promise<void> => {
    await Promise.all(held.splice(0).map((server) => once(server.close(), 'close')));
  };
  try {
    // In one order, or two that hold one port each would wait for each other.
    for (const port of [...ports].sort((a, b) => a - b)) {
      await until(`port ${port} of 127.0.0.1 was held by no other test's pod`, ms, async () => {
        const server = createServer();
        await once(server.listen(`\0rolechain-test-pod-${port}`), 'listening');
        // It ends with its process, and must not keep that alive.
        held.push(server.unref());
        return true;
      });
    }
    return { release };
  } catch (error) {
    await release();
    throw error;
  }
}
