/**
 * rolechain on a real node: its own images, kubelet, containerd, native sidecars, and an unmodified program of a user.
 * Run by `pnpm test:node` (../main.ts), which makes the cluster or is told of one.
 */
import { describeWhen } from '@rolechain/kit/when.ts';
import { backups } from './backup.ts';
import { commandLine } from './command-line.ts';
import { REDIRECTS, readGiven } from './given.ts';
import { refusals, startRefused } from './refusals.ts';
import { isolation } from './isolation.ts';
import { leaving } from './leaving.ts';
import { lifecycle } from './lifecycle.ts';
import { meshes, startMeshed } from './mesh.ts';
import { makeNodeFixture, type NodeFixture } from './fixture.ts';
import { soaking } from './soak.ts';
import { startCronJob, workloads } from './controllers.ts';

jest.setTimeout(150_000);

const redirects = process.env[REDIRECTS]
  ? true
  : { reason: 'The cluster has no network plugin that leads connections away.' };
const nobody = { kubeconfig: '', webhookImage: '', sidecarImage: '', appImage: '', address: '' };

describeWhen(
  'on a real node',
  readGiven(process.env),
  (given) => {
    let fixture: NodeFixture | undefined;
    beforeAll(async () => {
      fixture = await makeNodeFixture(given);
      // These need time by themselves: a minute until its schedule comes, and what startup waits for.
      await Promise.all([startCronJob(fixture), startRefused(fixture)]);
      if (redirects === true) await startMeshed(fixture);
    }, 240_000);
    afterAll(() => fixture?.stop(), 120_000);
    const get = (): NodeFixture => {
      if (!fixture) throw new Error('the fixture is there once beforeAll has run');
      return fixture;
    };
    workloads(get);
    refusals(get);
    lifecycle(get);
    isolation(get);
    backups(get);
    describe('the command line', () => commandLine(get, redirects === true));
    describeWhen('beside a mesh with CNI plugin', redirects, () => meshes(get), true);
    describe('soak', () => soaking(get));
    // The last: afterwards nothing is installed.
    describe('leaving', () => leaving(get));
  },
  nobody,
);
