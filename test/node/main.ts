/**
 * `npx -y pnpm@10 test:node`: rolechain on a real node. Makes a cluster on this machine, with images from our
 * Dockerfiles, runs the suite against it and takes all of it away; what is left behind then fails the run.
 * Arguments go to jest.
 *
 * With ROLECHAIN_TEST_KUBECONFIG and the other variables of suite/given.ts it runs against that cluster instead.
 */
import { spawn } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../scripts/build.ts';
import { withLock } from '../cluster/lock.ts';
import type { Cluster } from '../cluster/apiserver.ts';
import { nodeBinaries } from './binaries.ts';
import { bringUp } from './bring-up.ts';
import { buildImages } from './images.ts';
import { leftBehind, takeInventory } from './inventory.ts';
import { CACHE, LOGS, NETWORK } from './places.ts';
import { findRequirements } from './requirements.ts';
import { ABSENT, REDIRECTS, environmentOf } from './suite/given.ts';
import { isUp, takeDown } from './take-down.ts';

const started = Date.now();
const log = (line: string): void => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`);

/** Runs the suite; resolves to jest's exit code. */
function runSuite(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const which = ['--selectProjects', 'newest', '--runInBand', '--testMatch', '<rootDir>/test/node/suite/node.suite.ts'];
  const child = spawn(process.execPath, [jest, ...which, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

async function onOwnNode(args: readonly string[], plugins: string): Promise<number> {
  const binaries = await nodeBinaries(log);
  if ('reason' in binaries) return runSuite(args, { [ABSENT]: binaries.reason });
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
    const given = {
      kubeconfig: cluster.kubeconfigPath,
      webhookImage: webhook.name,
      sidecarImage: sidecar.name,
      appImage: app.name,
      address: NETWORK.host,
    };
    code = await runSuite(args, { ...environmentOf(given), [REDIRECTS]: 'true' });
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

async function main(args: readonly string[]): Promise<number> {
  if (process.env.ROLECHAIN_TEST_KUBECONFIG) return runSuite(args);
  const found = await findRequirements();
  if ('reason' in found) return runSuite(args, { [ABSENT]: found.reason });
  await mkdir(CACHE, { recursive: true });
  const onWait = (): void => log('Another run has the node: waiting for it.');
  return withLock(join(CACHE, 'run.lock'), () => onOwnNode(args, found.plugins), { onWait });
}

// Ctrl-C is for jest, which has it too: here everything is taken down in order.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.exitCode = await main(process.argv.slice(2));
