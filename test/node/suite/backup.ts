/** What backup and drain make of injected pods. */
import type { V1Pod } from '@kubernetes/client-node';
import { SIDECAR } from '@rolechain/shared';
import type { KubeObject } from '@rolechain/kit/manifests.ts';
import { until } from '@rolechain/kit/until.ts';
import { SHOP, statusOf } from './kube.ts';
import { callerOf, ORDERS, type NodeFixture } from './fixture.ts';
import { container, podOf } from './workloads.ts';

const BACKED_UP = 'backed-up';
const RESTORED = 'restored';
const UID = '0b54c0de';
const inShop = `--namespace=${SHOP}`;

/**
 * Plays Velero's node agent: what it restores into the volumes, the tokens of the pod that was backed up among it, and then
 * its file. It keeps the owner of what it restores, which is the sidecar's user here.
 */
const RESTORE = `
const { mkdirSync, writeFileSync, readdirSync } = require('node:fs');
mkdirSync('/restores/${SIDECAR.tokenVolume}/default', { mode: 0o755 });
writeFileSync('/restores/${SIDECAR.tokenVolume}/default/token', 'of another pod', { mode: 0o444 });
for (const name of readdirSync('/restores')) {
  mkdirSync('/restores/' + name + '/.velero');
  writeFileSync('/restores/' + name + '/.velero/${UID}', '');
}`;

export function backups(get: () => NodeFixture): void {
  test("a pod that Velero restores: its container waits in front, with the tokens' volume, then the program is the role", async () => {
    const { kube, app } = get();
    const data = { volumes: [{ name: 'data', emptyDir: {} }] };
    await kube.apply(podOf(app, BACKED_UP, data));
    const { metadata, spec } = await kube.pod(BACKED_UP);
    expect(metadata?.annotations).toMatchObject({ 'backup.velero.io/backup-volumes-excludes': SIDECAR.tokenVolume });
    await kube.apply(restoredOf(spec, container(app, 'restore-wait', ['wait-for-restores', UID])));
    await until('it waits', 60_000, async () => {
      return statusOf(await kube.pod(RESTORED), 'restore-wait')?.state?.running !== undefined;
    });
    expect(statusOf(await kube.pod(RESTORED), SIDECAR.name)?.state?.waiting).toBeDefined();
    await kube.exec(RESTORED, 'restore-wait', '/nodejs/bin/node', '-e', RESTORE);
    await kube.kubectl('wait', '--for=condition=Ready', `pod/${RESTORED}`, inShop, '--timeout=120s');
    expect(await kube.log(RESTORED, 'restore-wait')).toEqual(['restored: data rolechain']);
    await until('it says who it is', 30_000, async () => (await kube.log(RESTORED, 'app')).length > 0);
    expect([...new Set(await kube.log(RESTORED, 'app'))]).toEqual([callerOf(ORDERS, RESTORED)]);
  });

  test('kubectl drain evicts an injected pod with --delete-emptydir-data alone', async () => {
    const { kube } = get();
    const { spec } = await kube.pod(BACKED_UP);
    const drain = ['drain', spec?.nodeName ?? '', '--dry-run=client', '--force', '--ignore-daemonsets'];
    const refused = await kube.tryKubectl(...drain);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`use --delete-emptydir-data`);
    expect((await kube.tryKubectl(...drain, '--delete-emptydir-data')).code).toBe(0);
  });
}

/** As its restore writes it: the pod without what a cluster added, a mount for each volume, and the helper in front. */
function restoredOf(spec: V1Pod['spec'], helper: object): KubeObject {
  const { nodeName: _node, initContainers = [], containers = [], volumes = [], ...rest } = spec ?? {};
  const isApiToken = ({ name }: { name: string }): boolean => name.startsWith('kube-api-access-');
  const without = <T extends { volumeMounts?: { name: string }[] }>(one: T): T => ({
    ...one,
    volumeMounts: one.volumeMounts?.filter((mount) => !isApiToken(mount)),
  });
  const volumeMounts = ['data', SIDECAR.tokenVolume].map((name) => ({ name, mountPath: `/restores/${name}` }));
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsUser: SIDECAR.user,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: RESTORED, namespace: SHOP },
    spec: {
      ...rest,
      volumes: volumes.filter((volume) => !isApiToken(volume)),
      initContainers: [{ ...helper, volumeMounts, securityContext }, ...initContainers.map(without)],
      containers: containers.map(without),
    },
  };
}
