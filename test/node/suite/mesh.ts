/**
 * Beside a mesh whose CNI plugin leads connections to a native proxy: before that runs, they lead nowhere (../redirect.ts).
 * The pods are as the mesh's webhook leaves them that is called first, and not again.
 */
import { SIDECAR } from '@rolechain/shared';
import { until } from '../../stage/install.ts';
import { MESH } from '../app/mesh.ts';
import { SHOP, statusOf, type Kube } from './kube.ts';
import { callerOf, ORDERS, type NodeStage } from './stage.ts';
import { container, podOf, type App } from './workloads.ts';
import type { KubeObject } from '../../stage/manifests.ts';

const PROCEEDS = `${MESH.pods}proceeds`;
const REQUIRES = `${MESH.pods}requires`;
const ALONE = 'unmeshed';
/** What the proxy's being there may cost a pod until its first credential. */
const PATIENCE_SECONDS = 5;

function meshed(app: App, name: string, account: string): KubeObject {
  const pod = podOf(app, name, { account }) as KubeObject & { spec: object };
  const proxy = container(app, 'istio-proxy', ['mesh-proxy']);
  const initContainers = [
    container(app, 'istio-validation', ['mesh-validate']),
    { ...proxy, restartPolicy: 'Always', securityContext: { ...proxy.securityContext, runAsUser: MESH.user } },
  ];
  return { ...pod, spec: { ...pod.spec, initContainers } };
}

export async function startMeshed({ kube, app }: NodeStage): Promise<void> {
  const alone = podOf(app, ALONE, { account: 'irsa' });
  await kube.apply(alone, meshed(app, PROCEEDS, 'irsa'), meshed(app, REQUIRES, 'irsa-required'));
}

/** Seconds from the start of one container to that of the program, which has its first credential then. */
async function seconds(kube: Kube, pod: string, from: string): Promise<number> {
  const status = await kube.pod(pod);
  const at = (name: string): number => Date.parse(String(statusOf(status, name)?.state?.running?.startedAt));
  return (at('app') - at(from)) / 1000;
}

export function meshes(get: () => NodeStage): void {
  test.each([PROCEEDS, REQUIRES])('%s: the first credential comes as soon as the proxy runs', async (pod) => {
    const { kube } = get();
    const inShop = `--namespace=${SHOP}`;
    for (const name of [ALONE, pod]) {
      await kube.kubectl('wait', '--for=condition=Ready', `pod/${name}`, inShop, '--timeout=120s');
    }
    const { spec } = await kube.pod(pod);
    const order = spec?.initContainers?.map(({ name }) => name);
    expect(order).toEqual(['istio-validation', 'istio-proxy', SIDECAR.name]);
    // It ended well: before the proxy, connections led nowhere.
    expect(await kube.log(pod, 'istio-validation')).toEqual(['redirected']);
    // Not one call of the program failed.
    await until('it says who it is', 30_000, async () => (await kube.log(pod, 'app')).length > 0);
    const said = new Set(await kube.log(pod, 'app'));
    expect([...said]).toEqual([callerOf(ORDERS, pod)]);
    const [usual, beside] = [await seconds(kube, ALONE, SIDECAR.name), await seconds(kube, pod, 'istio-proxy')];
    console.log(
      `${pod}: ${beside} s from the proxy's start to the program's; without a mesh from the sidecar's: ${usual} s`,
    );
    expect(beside).toBeLessThanOrEqual(usual + PATIENCE_SECONDS);
  });
}
