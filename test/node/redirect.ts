/**
 * The network plugin of a mesh: chained behind the others, it leads a pod's connections to a proxy in the pod before any
 * container of it runs, as those of Istio (istio/istio cni/pkg) and linkerd (linkerd2-proxy-init cni-plugin) do. Only pods
 * of names that begin with MESH.pods have it.
 */
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATE } from './places.ts';
import { MESH } from './app/mesh.ts';

const FOLDER = join(STATE, 'plugins');
const NAME = 'mesh-redirect';

/** Its place in the list of plugins. */
export const REDIRECT = { type: NAME } as const;

/** Returns the folder in which it stands beside the plugins of `plugins`. */
export function installRedirect(plugins: string): string {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(plugins)) symlinkSync(join(plugins, name), join(FOLDER, name));
  const file = join(FOLDER, NAME);
  writeFileSync(file, script());
  chmodSync(file, 0o755);
  return FOLDER;
}

/**
 * What the plugin before it said is said again, as the specification of chained plugins asks (CNI, section 4). The members
 * come in the order of their names: `prevResult` is the last but one.
 */
function script(): string {
  const rule = `-p tcp ! -d 127.0.0.1/32 -m owner ! --uid-owner ${MESH.user} -j REDIRECT --to-ports ${MESH.port}`;
  return `#!/bin/sh
set -eu
config=$(cat)
case "$CNI_COMMAND" in
VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}' ;;
ADD)
  case "$CNI_ARGS" in
  *K8S_POD_NAME=${MESH.pods}*) nsenter --net="$CNI_NETNS" iptables -w -t nat -A OUTPUT ${rule} >&2 ;;
  esac
  printf '%s' "$config" | sed -e 's/^.*"prevResult"://' -e 's/,"type":"${NAME}"}$//'
  ;;
esac
`;
}
