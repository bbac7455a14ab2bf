import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { patch } from './patch.ts';
import { SETTINGS, account, call, randomSource, plainPod } from '../testing/fixtures.ts';
import { uninject } from './uninject.ts';

interface WithSecrets {
  readonly spec: { readonly imagePullSecrets?: readonly { readonly name?: string }[] };
}
const settings = { ...SETTINGS, imagePullSecrets: ['registry', 'mirror'] };
const podWith = (imagePullSecrets: unknown): Record<string, unknown> => plainPod({ imagePullSecrets });
const secretsOf = (pod: unknown): unknown => (pod as WithSecrets).spec.imagePullSecrets;

test.each([
  ['none', undefined, [{ name: 'registry' }, { name: 'mirror' }]],
  ['null', null, [{ name: 'registry' }, { name: 'mirror' }]],
  ['an empty list', [], [{ name: 'registry' }, { name: 'mirror' }]],
  ['others', [{ name: 'own' }], [{ name: 'own' }, { name: 'registry' }, { name: 'mirror' }]],
  ['one of them', [{ name: 'mirror' }, { name: 'own' }], [{ name: 'mirror' }, { name: 'own' }, { name: 'registry' }]],
  ['all', [{ name: 'mirror' }, { name: 'registry' }], [{ name: 'mirror' }, { name: 'registry' }]],
  ['one without a name', [{}], [{}, { name: 'registry' }, { name: 'mirror' }]],
])('a pod with %s has each of them once, behind its own, and a second call adds none', (_name, before, after) => {
  const once = call(podWith(before), account(), settings);
  expect(secretsOf(once.pod)).toEqual(after);
  const again = call(once.pod, account(), settings);
  expect(patch(once.pod, again.decision, randomSource())).toEqual([]);
});

test('one that the setting names twice is added once', () => {
  const twice = { ...settings, imagePullSecrets: ['registry', 'registry'] };
  expect(secretsOf(call(plainPod(), account(), twice).pod)).toEqual([{ name: 'registry' }]);
});

test('a pod that gets no sidecar gets none of them', () => {
  for (const [pod, who] of [
    [plainPod(), account('')],
    [plainPod({}, { 'rolechain.io/skip-containers': 'app' }), account()],
  ] as const) {
    expect(secretsOf(call(pod, who, settings).pod)).toBeUndefined();
  }
});

const name = fc.constantFrom('own', 'other', 'mirror.example');

test("uninject takes them out, and leaves the pod's own", () => {
  fc.assert(
    fc.property(
      fc.option(
        fc.uniqueArray(
          name.map((text) => ({ name: text })),
          { selector: (s) => s.name },
        ),
      ),
      (own) => {
        const before = own && own.length > 0 ? podWith(own) : plainPod();
        const { pod } = call(before, account(), settings);
        expect(jsonPatch.applyPatch(structuredClone(pod), uninject(pod), true).newDocument).toEqual(before);
      },
    ),
  );
});

test('what is in no status is not taken out', () => {
  const { pod } = call(podWith([{ name: 'registry' }]), account(), SETTINGS);
  const back = jsonPatch.applyPatch(structuredClone(pod), uninject(pod), true).newDocument;
  expect(secretsOf(back)).toEqual([{ name: 'registry' }]);
});
