/** What the kernel makes of the sidecar's limits and of its image. */
import { PATHS, RESOURCES, SIDECAR } from '@rolechain/shared';
import type { Peeked } from '../app/peek.ts';
import { SHOP, statusOf, type Kube } from './kube.ts';
import type { NodeFixture } from './fixture.ts';
import { podOf } from './workloads.ts';

const APP = ['/nodejs/bin/node', '/app/app.cjs'];
const READY = ['wait', '--for=condition=Ready', `--namespace=${SHOP}`, '--timeout=120s'];

/** Run in the sidecar's container: its cgroup as it sees it, by the files of cgroup v2 or else v1. */
const MEMORY = `
const { existsSync, readFileSync } = require('node:fs');
const v2 = '/sys/fs/cgroup/', v1 = '/sys/fs/cgroup/memory/';
const read = (two, one) => readFileSync(existsSync(v2 + two) ? v2 + two : v1 + one, 'utf8').trim();
const killed = (text) => Number(/^oom_kill (\\d+)$/m.exec(text)[1]);
console.log(JSON.stringify({
  limit: Number(read('memory.max', 'memory.limit_in_bytes')),
  kills: killed(read('memory.events', 'memory.oom_control')),
}));`;

export function isolation(get: () => NodeFixture): void {
  test('the memory limit as shipped holds, and nothing is killed for it under load', async () => {
    const { kube, app } = get();
    await kube.apply(podOf(app, 'loaded'));
    await kube.kubectl(...READY, 'pod/loaded');
    expect(await kube.exec('loaded', 'app', ...APP, 'burst')).toBe('100');
    const found = await kube.exec('loaded', SIDECAR.name, PATHS.imageNode, '-e', MEMORY);
    expect(RESOURCES.memoryLimit).toBe('64Mi');
    expect(JSON.parse(found)).toEqual({ limit: 64 * 1024 * 1024, kills: 0 });
    expect(statusOf(await kube.pod('loaded'), SIDECAR.name)?.restartCount).toBe(0);
  });

  test("a process of the sidecar's own user can't read its memory and environment", async () => {
    const { kube, app } = get();
    const containers = { app: ['loop'], neighbour: ['loop', 'neighbour'] };
    await kube.apply(podOf(app, 'curious', { shareProcessNamespace: true, user: SIDECAR.user, containers }));
    await kube.kubectl(...READY, 'pod/curious');
    const refused = { user: SIDECAR.user, environment: 'EACCES', memory: 'EACCES' };
    expect(await peek(kube, PATHS.imageSidecar)).toMatchObject(refused);
    // Of any other process of that user it can: it is the image that makes the difference.
    expect(await peek(kube, 'neighbour')).toMatchObject({ user: SIDECAR.user, environment: 'read' });
  });
}

async function peek(kube: Kube, word: string): Promise<Peeked> {
  return JSON.parse(await kube.exec('curious', 'app', ...APP, 'peek', word)) as Peeked;
}
