/** The sidecar's two ports, as targets of floods. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS, PATHS, tokenFile } from '@rolechain/shared';
import { inGroup, type MemoryGroup } from '../cgroup/memory.ts';
import { makeWorld } from '../faults/world.ts';
import { eventually } from '@rolechain/kit/until.ts';
import type { Programs } from '../sidecar/harness.ts';
import type { Manners } from './honest.ts';
import type { Target } from './run.ts';

/** Botocore and the SDKs of JavaScript wait a second for an answer, and try at least three times. */
const SDK = { tries: 3, timeoutMs: 1000 } as const;

export type SidecarPort = 'sidecar credentials' | 'sidecar health';

export async function startSidecarTarget(programs: Programs, port: SidecarPort, group: MemoryGroup): Promise<Target> {
  const within = inGroup(group.enter, []) as [string, ...string[]];
  const world = await makeWorld({ programs: { ...programs, within }, sdks: {} });
  try {
    await eventually('its token is there', () => existsSync(join(world.files.root, tokenFile('default'))));
    await eventually('it serves', async () => (await world.sidecar().ask()).status === 200);
    const { ports, pid, ended } = world.sidecar();
    const isHealth = port === 'sidecar health';
    const path = isHealth ? PATHS.metrics : PATHS.credentials;
    const manners = (): Manners =>
      isHealth
        ? { ...SDK, request: { port: ports.health, path: PATHS.readyz }, fits: (status) => status === 200 }
        : {
            ...SDK,
            request: {
              port: ports.credentials,
              path: PATHS.credentials,
              headers: { authorization: world.files.readToken() },
            },
            fits: (status, body) => status === 200 && body.includes('SecretAccessKey'),
          };
    return {
      pid,
      port: isHealth ? ports.health : ports.credentials,
      tls: false,
      request: `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`,
      path,
      headBytes: LIMITS.sidecarHeadBytes,
      manners,
      ended: ended.then(({ code, signal }) => signal ?? `exit code ${code}`),
      stop: world.end,
    };
  } catch (error) {
    await world.end();
    throw error;
  }
}
