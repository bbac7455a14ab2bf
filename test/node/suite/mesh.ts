/**
 * Beside a mesh whose CNI plugin leads connections to a native proxy: before that runs, they lead nowhere (../redirect.ts).
 * The pods are as the mesh's webhook leaves them that is called first, and not again.
 */
import { SIDECAR } from '@rolechain/shared';
import { until } from '@rolechain/kit/until.ts';
import { MESH } from '../app/mesh.ts';
import { SHOP, type Kube } from './kube.ts';
import { callerOf, ORDERS, type NodeFixture } from './fixture.ts';
import { container, podOf, type App } from './workloads.ts';
import type { KubeObject } from '@rolechain/kit/manifests.ts';

const PROCEEDS = `${MESH.pods}proceeds`;
const REQUIRES = `${MESH.pods}requires`;
const ALONE = 'unmeshed';
/** What the proxy's being there may cost a pod until its first credential. */
const PATIENCE_SECONDS = 5;

function meshed(app: App, name: string, account: string): KubeObject {
  const pod = podOf(app, name, { account }) as KubeObject & { spec: object };
  const proxy = container(app, 'istio-proxy', ['mesh-proxy']);
  const startupProbe = { tcpSocket: { port: MESH.port }, periodSeconds: 1, failureThreshold: 600 };
  const initContainers = [
    container(app, 'istio-validation', ['mesh-validate']),
    // As Istio's and linkerd's: what comes behind starts once it listens.
    {
      ...proxy,
      startupProbe,
      restartPolicy: 'Always',
      securityContext: { ...proxy.securityContext, runAsUser: MESH.user },
    },
  ];
  return { ...pod, spec: { ...pod.spec, initContainers } };
}

export async function startMeshed({ kube, app }: NodeFixture): Promise<void> {
  const alone = podOf(app, ALONE, { account: 'irsa' });
  await kube.apply(alone, meshed(app, PROCEEDS, 'irsa'), meshed(app, REQUIRES, 'irsa-required'));
}

/** When a container of the pod first said this, by the node's clock, in milliseconds. */
async function saidAt(kube: Kube, pod: string, name: string, text: string): Promise<number> {
  const log = await kube.kubectl('logs', pod, `--namespace=${SHOP}`, `--container=${name}`, '--timestamps');
  const line = log.split('\n').find((one) => one.includes(text));
  if (line === undefined) throw new Error(`${name} of ${pod} didn't say "${text}":\n${log}`);
  return Date.parse(line.split(' ', 1)[0] ?? '');
}

/** Seconds from the sidecar's start to its first credential, and from that of the proxy where there is one. */
async function firstCredential(kube: Kube, pod: string): Promise<{ readonly own: number; readonly proxied?: number }> {
  const fetched = await saidAt(kube, pod, SIDECAR.name, 'credentials fetched');
  const own = (fetched - (await saidAt(kube, pod, SIDECAR.name, 'starting'))) / 1000;
  if (pod === ALONE) return { own };
  return { own, proxied: (fetched - (await saidAt(kube, pod, 'istio-proxy', 'listening'))) / 1000 };
}

export function meshes(get: () => NodeFixture): void {
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
    const [alone, beside] = [await firstCredential(kube, ALONE), await firstCredential(kube, pod)];
    console.log(`${pod}, seconds to the first credential: ${JSON.stringify({ alone, beside })}`);
    // From the proxy's start on it is the kubelet that starts the sidecar, as slowly as the machine does.
    expect(beside.own).toBeLessThanOrEqual(alone.own + PATIENCE_SECONDS);
  });
}
