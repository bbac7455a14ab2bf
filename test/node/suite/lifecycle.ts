/** How sidecars end: killed, and after the last request of their pod. */
import { PATHS, SIDECAR } from '@rolechain/shared';
import { until } from '@rolechain/kit/until.ts';
import { SHOP, statusOf, type Kube } from './kube.ts';
import { callerOf, ORDERS, type NodeFixture } from './fixture.ts';
import { podOf } from './workloads.ts';

const inShop = `--namespace=${SHOP}`;
const READY = ['wait', '--for=condition=Ready', inShop, '--timeout=120s'];

/** Run in the sidecar's container, by its own user: ends its process, which is process 1 only in a pod that doesn't share. */
const KILL = `
const { readdirSync, readFileSync } = require('node:fs');
for (const pid of readdirSync('/proc').filter(Number).map(Number)) {
  const command = readFileSync('/proc/' + pid + '/cmdline', 'utf8');
  if (pid !== process.pid && command.includes('${PATHS.imageSidecar}')) process.kill(pid, 'SIGKILL');
}`;

/** Of a pod whose containers share their processes; waits until it runs again. */
export async function killSidecar(kube: Kube, pod: string): Promise<void> {
  await kube.exec(pod, SIDECAR.name, PATHS.imageNode, '-e', KILL);
  await until('it runs again', 60_000, async () => {
    const status = statusOf(await kube.pod(pod), SIDECAR.name);
    return status?.restartCount === 1 && status.started === true;
  });
}

export function lifecycle(get: () => NodeFixture): void {
  test('a killed sidecar is started again, and the next call of the program succeeds', async () => {
    const { kube, app } = get();
    await kube.apply(podOf(app, 'killed', { shareProcessNamespace: true }));
    await kube.kubectl(...READY, 'pod/killed');
    await killSidecar(kube, 'killed');
    expect(statusOf(await kube.pod('killed'), SIDECAR.name)?.lastState?.terminated).toMatchObject({ exitCode: 137 });
    const once = ['/nodejs/bin/node', '/app/app.cjs', 'once'];
    expect(await kube.exec('killed', 'app', ...once)).toBe(callerOf(ORDERS, 'killed'));
    // The program itself wasn't started again.
    expect(statusOf(await kube.pod('killed'), 'app')?.restartCount).toBe(0);
  });

  test('a pod deleted while busy: the sidecar serves the last request of the program', async () => {
    const { kube, app } = get();
    await kube.apply(podOf(app, 'busy'));
    await kube.kubectl(...READY, 'pod/busy');
    const { lines } = kube.follow('busy', 'app');
    await kube.kubectl('delete', 'pod', 'busy', inShop);
    const said = await lines;
    const caller = callerOf(ORDERS, 'busy');
    // After SIGTERM the program asks for credentials fifteen times more, for some seconds.
    expect(said.slice(-16)).toEqual([...Array.from({ length: 15 }, () => `ending: ${caller}`), 'ended']);
    expect(said.filter((line) => line.includes('failed'))).toEqual([]);
  });
}
