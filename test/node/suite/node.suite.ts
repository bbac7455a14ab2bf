/**
 * rolechain on a real node: its own images, kubelet, containerd, native sidecars, and an unmodified program of a user.
 * Run by `pnpm test:node` (../main.ts), which makes the cluster or is told of one.
 */
import { describeWhen } from '@rolechain/kit/when.ts';
import { backups } from './backup.ts';
import { REDIRECTS, readGiven } from './given.ts';
import { refusals, startRefused } from './refusals.ts';
import { isolation } from './isolation.ts';
import { lifecycle } from './lifecycle.ts';
import { meshes, startMeshed } from './mesh.ts';
import { setNodeStage, type NodeStage } from './stage.ts';
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
    let stage: NodeStage | undefined;
    beforeAll(async () => {
      stage = await setNodeStage(given);
      // These need time by themselves: a minute until its schedule comes, and what startup waits for.
      await Promise.all([startCronJob(stage), startRefused(stage)]);
      if (redirects === true) await startMeshed(stage);
    }, 240_000);
    afterAll(() => stage?.stop(), 120_000);
    const get = (): NodeStage => {
      if (!stage) throw new Error('the stage is there once beforeAll has run');
      return stage;
    };
    workloads(get);
    refusals(get);
    lifecycle(get);
    isolation(get);
    backups(get);
    describeWhen('beside a mesh with CNI plugin', redirects, () => meshes(get), true);
  },
  nobody,
);
