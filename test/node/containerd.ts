/** containerd and runc of the machine, with folders of their own: a containerd that runs already isn't touched. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NETWORK, SOCKET, STATE } from './places.ts';
import { REDIRECT, installRedirect } from './redirect.ts';
import { run } from './run.ts';
import { start } from './started.ts';

/** Where distributions put the network plugins; `pauseImage` holds a pod's namespaces. */
export const PLUGIN_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'] as const;

/** Starts it and waits until it answers. `plugins` is the folder of the network plugins; `pauseImage` holds a pod's namespaces. */
export async function startContainerd(plugins: string, pauseImage: string): Promise<void> {
  const config = join(STATE, 'containerd.toml');
  writeFileSync(join(STATE, 'cni', '10-bridge.conflist'), network());
  writeFileSync(config, settings(installRedirect(plugins), pauseImage));
  const containerd = start('containerd', 'containerd', ['--config', config]);
  await containerd.ready(async () => (await ctr('version')) !== '');
}

/** Makes an image known, from a docker-archive: pods name it as the archive does. */
export async function loadImage(archive: string): Promise<void> {
  await ctr('images', 'import', archive);
}

function ctr(...args: string[]): Promise<string> {
  return run('ctr', ['--address', SOCKET, '--namespace', 'k8s.io', ...args]);
}

/** The bridge is ours, so it isn't the gateway's to set up: as such the plugin would turn on the machine's forwarding. */
function network(): string {
  const ipam = {
    type: 'host-local',
    dataDir: join(STATE, 'cni', 'networks'),
    routes: [{ dst: '0.0.0.0/0' }],
    ranges: [[{ subnet: NETWORK.pods, gateway: NETWORK.host }]],
  };
  const bridge = { type: 'bridge', bridge: NETWORK.bridge, isGateway: false, ipMasq: false, hairpinMode: true, ipam };
  return JSON.stringify({ cniVersion: '1.0.0', name: 'rolechain', plugins: [bridge, REDIRECT] });
}

/** Version 2 is what containerd 1.x and 2.x both read. */
function settings(plugins: string, pauseImage: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  const runc = `${cri}.containerd.runtimes.runc`;
  return `version = 2
root = "${STATE}/containerd/root"
state = "${STATE}/containerd/state"
[grpc]
  address = "${SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${STATE}/containerd/opt"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[${cri}]
  sandbox_image = "${pauseImage}"
  # Without CAP_SYS_RESOURCE, as in many CI machines, runc can't go below this process's own.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [${cri}.cni]
    bin_dir = "${plugins}"
    conf_dir = "${STATE}/cni"
  [${cri}.containerd]
    snapshotter = "overlayfs"
    [${runc}]
      runtime_type = "io.containerd.runc.v2"
      [${runc}.options]
        SystemdCgroup = false
        Root = "${STATE}/runc"
`;
}
