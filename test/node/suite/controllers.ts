/** Pods that controllers make, each in its own way of life. */
import { SIDECAR } from '@rolechain/shared';
import { until } from '@rolechain/kit/until.ts';
import { SHOP, statusOf } from './kube.ts';
import { callerOf, ORDERS, type NodeFixture } from './fixture.ts';
import { cronJobOf, deploymentOf, jobOf, podOf } from './workloads.ts';

const inShop = `--namespace=${SHOP}`;
const NIGHTLY = 'nightly';

/** Its first job comes within a minute. */
export async function startCronJob({ kube, app }: NodeFixture): Promise<void> {
  await kube.apply(cronJobOf(app, NIGHTLY));
}

export function workloads(get: () => NodeFixture): void {
  test('the namespace is restricted: an ordinary pod is refused there', async () => {
    const { kube, app } = get();
    const { code, stderr } = await kube.tryCreate(podOf(app, 'careless', { securityContext: {} }));
    expect(code).not.toBe(0);
    expect(stderr).toContain('violates PodSecurity "restricted:latest"');
  });

  test('a Deployment: its program is the role', async () => {
    const { kube, app } = get();
    await kube.apply(deploymentOf(app, 'web'));
    await kube.kubectl('rollout', 'status', 'deployment/web', inShop, '--timeout=120s');
    const { metadata } = await kube.podOf('app=web');
    const pod = metadata?.name ?? '';
    await until('it says who it is', 30_000, async () => (await kube.log(pod, 'app')).length > 0);
    expect((await kube.log(pod, 'app'))[0]).toBe(callerOf(ORDERS, pod));
  });

  test('a Job completes, and its sidecar ends with it', async () => {
    const { kube, app } = get();
    await kube.apply(jobOf(app, 'import'));
    await kube.kubectl('wait', '--for=condition=Complete', 'job/import', inShop, '--timeout=120s');
    const pod = await kube.podOf('app=import');
    expect(pod.status?.phase).toBe('Succeeded');
    expect(statusOf(pod, SIDECAR.name)?.state?.terminated?.exitCode).toBe(0);
    const name = pod.metadata?.name ?? '';
    expect(await kube.log(name, 'app')).toEqual([callerOf(ORDERS, name)]);
  });

  test('an init container needs AWS before the program starts', async () => {
    const { kube, app } = get();
    const once = ['once'];
    await kube.apply(
      podOf(app, 'prepared', { init: { prepare: once }, containers: { app: once }, restartPolicy: 'Never' }),
    );
    await kube.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/prepared', inShop, '--timeout=120s');
    const caller = [callerOf(ORDERS, 'prepared')];
    expect([await kube.log('prepared', 'prepare'), await kube.log('prepared', 'app')]).toEqual([caller, caller]);
  });

  test("IRSA: the sidecar's own token from kubelet is taken by AWS", async () => {
    const { kube, app, aws } = get();
    await kube.apply(
      podOf(app, 'federated', { account: 'irsa', containers: { app: ['once'] }, restartPolicy: 'Never' }),
    );
    await kube.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/federated', inShop, '--timeout=120s');
    expect(await kube.log('federated', 'app')).toEqual([callerOf(ORDERS, 'federated')]);
    const answers = aws.sts.requests.filter(({ action }) => action === 'AssumeRoleWithWebIdentity');
    expect(answers.map(({ answer }) => answer)).toContain('ok');
  });

  test('a CronJob: the pod of its first Job is the role', async () => {
    const { kube } = get();
    await until('its first Job has succeeded', 120_000, async () => {
      const { status } = await kube.podOf(`app=${NIGHTLY}`);
      return status?.phase === 'Succeeded';
    });
    const { metadata } = await kube.podOf(`app=${NIGHTLY}`);
    const pod = metadata?.name ?? '';
    expect(await kube.log(pod, 'app')).toEqual([callerOf(ORDERS, pod)]);
  });
}
