/** Pods whose first credential AWS refuses: one that waits for it, and one that starts all the same. */
import { SIDECAR } from '@rolechain/shared';
import { trustRole } from '@rolechain/doubles/fixtures.ts';
import { BASE_ROLE } from '../../fixture/aws.ts';
import { until } from '@rolechain/kit/until.ts';
import { SHOP, statusOf } from './kube.ts';
import { callerOf, REFUSING, type NodeFixture } from './fixture.ts';
import { podOf } from './workloads.ts';

const PROCEEDS = 'refused-proceeds';
const REQUIRES = 'refused-requires';

export async function startRefused({ kube, app }: NodeFixture): Promise<void> {
  await kube.apply(podOf(app, PROCEEDS, { account: 'refused' }), podOf(app, REQUIRES, { account: 'required' }));
}

export function refusals(get: () => NodeFixture): void {
  test.each([PROCEEDS, REQUIRES])("%s: the pod's event names the code and what to do", async (pod) => {
    const { kube } = get();
    const describePod = (): Promise<string> => kube.kubectl('describe', 'pod', pod, `--namespace=${SHOP}`);
    await until('kubectl describe shows the refusal', 60_000, async () =>
      (await describePod()).includes('StsAccessDenied'),
    );
    const described = await describePod();
    expect(described).toContain('Startup probe failed: role default has no credentials yet: StsAccessDenied: ');
    // What to add, to which role, for whom: the base role, and not the session of this pod.
    expect(described).toContain(`"Action":"sts:AssumeRole","Principal":{"AWS":"${BASE_ROLE}"}`);
    expect(described).toContain(
      `the trust policy of ${REFUSING}: if it asks for sts:ExternalId, set externalID, else it needs {`,
    );
  });

  test('startup: the pod that proceeds starts without credentials; that which requires them does not', async () => {
    const { kube } = get();
    await until('the program of the one runs', 120_000, async () => {
      return statusOf(await kube.pod(PROCEEDS), 'app')?.state?.running !== undefined;
    });
    // Both were made together: the other's sidecar has waited about as long.
    const waiting = await kube.pod(REQUIRES);
    expect(statusOf(waiting, 'app')?.state?.waiting?.reason).toBe('PodInitializing');
    expect(statusOf(waiting, SIDECAR.name)).toMatchObject({ started: false, restartCount: 0 });
  });

  test('both are the role once AWS lets them, without a new pod', async () => {
    const { kube, aws } = get();
    aws.sts.setTrust(REFUSING, trustRole(BASE_ROLE));
    for (const pod of [PROCEEDS, REQUIRES]) {
      await until(`${pod} is the role`, 120_000, async () =>
        (await kube.log(pod, 'app')).includes(callerOf(REFUSING, pod)),
      );
      expect(statusOf(await kube.pod(pod), SIDECAR.name)?.restartCount).toBe(0);
    }
  });
}
