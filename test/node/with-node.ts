/** A node of this machine's own for as long as something uses it. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '../cluster/apiserver.ts';
import { withLock } from '../cluster/lock.ts';
import { nodeBinaries } from './binaries.ts';
import { bringUp } from './bring-up.ts';
import { buildImages } from './images.ts';
import { leftBehind, takeInventory } from './inventory.ts';
import { CACHE, LOGS, NETWORK } from './places.ts';
import { findRequirements } from './requirements.ts';
import type { Given } from './suite/given.ts';
import { isUp, takeDown } from './take-down.ts';

type Log = (line: string) => void;

/**
 * Brings the node up, uses it, and takes it down, however that ended. Resolves to the exit code that `use` gives, or to 1 where
 * something is left behind; or to the reason why there is no node here.
 */
export async function withNode(
  log: Log,
  use: (given: Given) => Promise<number>,
): Promise<number | { readonly reason: string }> {
  const found = await findRequirements();
  if ('reason' in found) return found;
  await mkdir(CACHE, { recursive: true });
  const onWait = (): void => log('Another run has the node: waiting for it.');
  return withLock(join(CACHE, 'run.lock'), () => onOwnNode(found.plugins, log, use), { onWait });
}

async function onOwnNode(
  plugins: string,
  log: Log,
  use: (given: Given) => Promise<number>,
): Promise<number | { readonly reason: string }> {
  const binaries = await nodeBinaries(log);
  if ('reason' in binaries) return binaries;
  if (isUp()) {
    log('An earlier run was not taken down: doing that first.');
    await takeDown();
  }
  const before = takeInventory();
  const images = await buildImages(binaries.pause, log);
  let cluster: Cluster | undefined;
  let code: number;
  try {
    cluster = await bringUp({ binaries, plugins, images, log });
    const { webhook, sidecar, app } = images;
    code = await use({
      kubeconfig: cluster.kubeconfigPath,
      webhookImage: webhook.name,
      sidecarImage: sidecar.name,
      appImage: app.name,
      address: NETWORK.host,
    });
  } finally {
    // It says why a webhook's call failed, and goes with the cluster's folder.
    const ofApiserver = 'kube-apiserver.log';
    const kept = cluster && copyFile(join(cluster.folder, ofApiserver), join(LOGS, ofApiserver));
    // All must be taken down, with or without it.
    await kept?.catch((error: unknown) => log(`${ofApiserver} was not kept: ${String(error)}`));
    await cluster?.stop();
    await takeDown();
  }
  const left = leftBehind(before, takeInventory());
  const kinds = Object.keys(before).join(', ');
  log(left.length === 0 ? `Nothing is left behind (${kinds}).` : `Left behind:\n${left.join('\n')}`);
  if (code !== 0) log(`Logs of the node's programs: ${LOGS}`);
  return left.length > 0 ? 1 : code;
}
