/** `node test/rotation/main.ts [SECONDS]`: leafs that live 1 and CAs that live 3 minutes, under load for 600 s or SECONDS. By hand. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../cluster/apiserver.ts';
import { findBinaries } from '../cluster/binaries.ts';
import { chosenRelease, kubernetesVersion } from '../cluster/releases.ts';
import { makeNetwork } from '../rolling/network.ts';
import { openRotation } from './rotation.ts';

const seconds = Number(process.argv[2] ?? 600);
const binaries = await findBinaries({ build: true });
if ('reason' in binaries) throw new Error(binaries.reason);
const network = makeNetwork();
await network.open();
const cluster = await startCluster({ binaries, apiserverArgs: network.apiserverArgs });
const rotation = await openRotation(cluster, network);
try {
  await rotation.start([0, 0], 'leaf=60s,authority=180s');
  await rotation.startLoad();
  await sleep(seconds * 1000);
  const { pods, perSecond, failures, failedOpen, handshakes, unvouched } = await rotation.stopLoad();
  const count = (text: string): number => rotation.log().split(text).length - 1;
  console.log(
    `Kubernetes ${kubernetesVersion(chosenRelease())}, load ${loadavg()
      .map((one) => one.toFixed(1))
      .join(' ')}`,
  );
  console.log(
    `${count('leaf renewed')} leafs and ${count('a CA was added')} CAs in ${seconds} s, ${count('former CA')} CAs removed`,
  );
  console.log(
    `${pods} pods at ${perSecond.toFixed(0)} per s, ${failures.length} not injected, ${failedOpen} calls failed open`,
  );
  console.log(`${handshakes} handshakes, ${unvouched.length} not vouched for`);
  for (const line of new Set([...failures, ...unvouched])) console.log(line);
  process.exitCode = failures.length + failedOpen + unvouched.length > 0 ? 1 : 0;
} finally {
  await rotation.close();
  await cluster.stop();
  await network.close();
}
