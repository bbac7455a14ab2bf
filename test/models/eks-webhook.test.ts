/** The model of the EKS webhook against the fixtures of that project: what its handler makes of each pod. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { parse } from 'yaml';
import { AGENT_ENDPOINTS, AUDIENCE, EKS, FOREIGN_KEYS } from '@rolechain/shared';
import { account, call } from '@rolechain/webhook/testing';
import { EKS_ROLE, eksMutate, eksPatch, type EksMode } from '@rolechain/kit/models/eks-webhook.ts';
import { allContainers, type DraftPod } from '@rolechain/kit/pod.ts';
import { sidecarStartsFirst } from './seen.ts';

const FOLDER = join(import.meta.dirname, '..', 'corpora', 'eks-webhook');
const FIXTURES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));

/** A Go program writes empty resources into each container that it read, and null, and no field that it doesn't know (a fixture's `path`). */
function normalized(pod: DraftPod): DraftPod {
  const copy = JSON.parse(JSON.stringify(pod), (_key, value: unknown) => value ?? undefined) as DraftPod;
  for (const container of allContainers(copy)) {
    if (Object.keys(container.resources ?? {}).length === 0) delete container.resources;
    container.volumeMounts = (container.volumeMounts ?? []).map(({ path: _unknown, ...mount }) => ({
      ...mount,
      mountPath: (mount.mountPath as string | undefined) ?? '',
    }));
  }
  return copy;
}

test('each fixture comes out as that project expects it', () => {
  expect(FIXTURES).toHaveLength(24);
  for (const path of FIXTURES) {
    const pod = parse(readFileSync(join(FOLDER, path), 'utf8'), { uniqueKeys: false }) as DraftPod;
    const { options, expected } = directives(pod);
    const isRead = normalized(jsonPatch.applyPatch(structuredClone(pod), expected).newDocument);
    expect({ path, pod: normalized(eksMutate(pod, options)) }).toEqual({ path, pod: isRead });
    const overTheWire = jsonPatch.applyPatch(structuredClone(pod), eksPatch(pod, options)).newDocument;
    expect({ path, pod: normalized(overTheWire) }).toEqual({ path, pod: isRead });
  }
});

test("the product's table says the same of its defaults", () => {
  const empty: DraftPod = { metadata: {}, spec: { containers: [{ name: 'app' }] } };
  for (const [index, mode] of (['irsa', 'pod-identity'] as const).entries()) {
    const [container, volume] = [eksMutate(empty, { mode, region: '', regionalSTS: false })].flatMap(({ spec }) => [
      spec.containers[0],
      spec.volumes?.[0],
    ]);
    const { pair, tokenPath, volume: name, mountPath } = EKS.injections[index]!;
    const first = mode === 'irsa' ? expect.any(String) : AGENT_ENDPOINTS[0];
    const audience = mode === 'irsa' ? AUDIENCE.irsa : AUDIENCE.podIdentity;
    expect(container).toMatchObject({
      env: [
        { name: pair[0], value: first },
        { name: pair[1], value: tokenPath },
      ],
      volumeMounts: [{ name, mountPath, readOnly: true }],
    });
    expect(volume).toMatchObject({ name, projected: { sources: [{ serviceAccountToken: { audience } }] } });
    const skipping = { ...empty, metadata: { annotations: { [FOREIGN_KEYS.eksSkipContainers]: 'app' } } };
    const { spec, metadata } = eksMutate(skipping, { mode, region: 'x', regionalSTS: true });
    expect(spec.containers).toEqual(empty.spec.containers);
    expect(metadata.labels?.[FOREIGN_KEYS.eksPodIdentityLabel]).toBe(mode === 'irsa' ? undefined : 'enabled');
  }
});

test('versions up to 0.5.2, called last, make an init container like all others of the sidecar', () => {
  const options = { mode: 'irsa', region: '', regionalSTS: false } as const;
  const who = account(undefined, { 'eks.amazonaws.com/role-arn': EKS_ROLE });
  const injected = call<DraftPod>({ metadata: {}, spec: { containers: [{ name: 'app' }] } }, who).pod;
  // Their API knows no restartPolicy of a container: what they write back has none.
  const old = eksMutate(injected, options);
  for (const container of allContainers(old)) delete container.restartPolicy;
  expect([injected, old].map(sidecarStartsFirst)).toEqual([true, false]);
  expect(sidecarStartsFirst(call(old, who).pod)).toBe(true);
});

/** What that project's tests read from a fixture's annotations (handler_pod_test.go). */
function directives({ metadata }: DraftPod) {
  const of = (name: string): string | undefined => metadata.annotations?.[`testing.eks.amazonaws.com/${name}`];
  const uri = of('containercredentials/uri');
  const mode: EksMode = uri === undefined ? 'irsa' : 'pod-identity';
  const expected = JSON.parse(of('expectedPatch') ?? '') as Operation[];
  const lifetime = of('serviceAccount/token-expiration') ?? of('handler/expiration');
  const flags = {
    first: uri ?? of('serviceAccount/roleArn'),
    audience: of('containercredentials/audience') ?? (uri === undefined ? of('serviceAccount/audience') : undefined),
    mountPath: of('containercredentials/mountPath'),
    volume: of('containercredentials/volumeName'),
    tokenPath: of('containercredentials/tokenPath'),
    // Where nobody asks for one it is random in this mode, between 79200 and 86400; so it is by that project's seed.
    expirationSeconds:
      lifetime === undefined ? (uri === undefined ? undefined : 79_200) : Math.max(Number(lifetime), 600),
  };
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const regionalSTS = (of('serviceAccount/sts-regional-endpoints') ?? of('handler/injectSTS')) === 'true';
  return { options: { mode, region: of('handler/region') ?? '', regionalSTS, flags: given }, expected };
}
