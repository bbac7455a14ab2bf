import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '@rolechain/kit/until.ts';
import { toolPath } from './isolation.ts';
import { startPause } from './pause.ts';
import { describeWay, ended, POD } from './run-fixture.ts';
import type { Isolation } from './run.ts';

const ways: Isolation[] = ['mount-namespace', 'rewritten-paths'];
for (const isolation of ways) {
  describeWay(isolation, () => {
    test.each(['SIGINT', 'SIGKILL'] as const)(
      '%s of the process that runs containers ends them and removes their folder',
      async (signal) => {
        const { parent, pid, folder } = await startParent(isolation);
        expect(existsSync(folder)).toBe(true);
        process.kill(pid, 0);
        // To its whole group, as a terminal does.
        process.kill(-(parent.pid ?? NaN), signal);
        await ended(pid);
        await eventually('the folder is gone', () => !existsSync(folder), { everyMs: 5 });
      },
    );
  });
}

test('what fails in making mounts is said in the words of the tool', async () => {
  const options = { unshare: [], path: toolPath(), removeAfter: '/no/such' };
  await expect(startPause({ ...options, operations: ['sing'] })).rejects.toThrow('unknown operation sing');
  await expect(startPause({ ...options, operations: [], unshare: ['/no/such'] })).rejects.toThrow('ENOENT');
  await expect(startPause({ ...options, operations: [], unshare: ['/bin/false'] })).rejects.toThrow('ended with 1');
});

/** Another process that runs the pod's sidecar. */
async function startParent(isolation: Isolation) {
  const code = `
    const { runContainer } = await import(${JSON.stringify(join(__dirname, 'run.ts'))});
    const { makeVolumes } = await import(${JSON.stringify(join(__dirname, 'volumes.ts'))});
    const pod = ${JSON.stringify(POD)};
    const volumes = await makeVolumes(pod, { token: async () => 'token' });
    const container = await runContainer({
      pod, volumes, container: pod.spec.initContainers[0], isolation: ${JSON.stringify(isolation)},
      command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
    });
    console.log(container.process.pid, volumes.folder);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  const [pid = '', folder = ''] = line.split(' ');
  return { parent, pid: Number(pid), folder };
}
