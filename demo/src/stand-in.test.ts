/** Without a kube-apiserver: the same manifests, on the double of its API. */
import type { Admission } from './control-plane.ts';
import { heldBy } from './run-program.ts';
import { readScene, type Scene } from './scene.ts';
import { setStandIn } from './stand-in.ts';
import { WORKLOAD_FILES } from './testing.ts';

const pod = (metadata: string, spec: string): Scene =>
  readScene(
    `{apiVersion: v1, kind: Pod, metadata: ${metadata}, spec: {containers: [{name: a, image: a}]${spec}}}`,
    'f',
  );
const LABELLED = `---
{apiVersion: v1, kind: Namespace, metadata: {name: kube-system, labels: {rolechain.io/enabled: "true"}}}
`;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function start(scenes: readonly Scene[]): Promise<Admission> {
  const objects = scenes.flatMap((scene) => scene.objects);
  const secrets = Object.assign({}, ...scenes.map((scene) => scene.secrets)) as Scene['secrets'];
  const admission = await setStandIn({ objects, secrets }, () => undefined);
  ends.push(admission.stop);
  return admission;
}

test('a pod of each kind of workload comes out with its role', async () => {
  const scenes = WORKLOAD_FILES.map(([file, text]) => readScene(text, file));
  const admission = await start(scenes);
  for (const scene of scenes) {
    const { before, after } = await admission.admit(scene.pod);
    expect([heldBy(after), after.metadata.name]).toEqual([expect.any(String), before.metadata.name]);
  }
});

test('a refusal is in our own words, and a pod for which nobody would call us is told so', async () => {
  const host = pod('{name: a}', ', hostNetwork: true');
  const system = pod('{name: a, namespace: kube-system}', '');
  const admission = await start([host, system]);
  await expect(admission.admit(host.pod)).rejects.toThrow(
    /^rolechain: ServiceAccount default\/default .* \[HostNetwork\]$/,
  );
  const { after } = await admission.admit(system.pod);
  expect(() => heldBy(after)).toThrow('the webhook is not called for namespace kube-system, unless it is labelled');
});

test('the label of a namespace that is left out lets its pods in', async () => {
  const text = `${JSON.stringify(pod('{name: a, namespace: kube-system}', '').pod)}\n${LABELLED}`;
  const labelled = readScene(text, 'f');
  const { after } = await (await start([labelled])).admit(labelled.pod);
  expect(heldBy(after)).toBe('a');
});
