/** Velero's annotation, at each call and back; its restored pods are hard pods (test/hard-pods/backups.ts). */
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { FOREIGN_KEYS, LIMITS } from '@rolechain/shared';
import { SETTINGS, account, call, plainPod } from '../testing/fixtures.ts';
import { uninject } from '../patch/uninject.ts';

const KEY = FOREIGN_KEYS.veleroExcludes;
type Annotated = { metadata: { annotations?: Record<string, string> } };
const excludes = (pod: unknown): string | undefined => (pod as Annotated).metadata.annotations?.[KEY];
const podWith = (value: string | undefined): object => plainPod({}, value === undefined ? undefined : { [KEY]: value });
/** As Velero reads it. */
const namesOf = (value: string | undefined): string[] => (value ?? '').split(',');

const value = fc.option(
  fc
    .array(fc.constantFrom('data', 'rolechain', ' rolechain', 'rolechain-base-identity', ''), { maxLength: 4 })
    .map((names) => names.join(',')),
  { nil: undefined },
);

test('it names the token volume once more at most, behind what stood there, and uninject gives that back', () => {
  fc.assert(
    fc.property(value, (before) => {
      const { pod } = call(podWith(before));
      const after = excludes(pod);
      const names = namesOf(before);
      expect(namesOf(after)).toContain('rolechain');
      if (names.includes('rolechain')) expect(after).toBe(before);
      else expect(after).toBe(before ? `${before},rolechain` : 'rolechain');
      expect(call(pod).pod).toEqual(pod);
      // One that stood there is taken for ours, as imagePullSecrets are; an empty value is none.
      const restored = jsonPatch.applyPatch(structuredClone(pod), uninject(pod)).newDocument;
      const own = names.filter((name) => name !== 'rolechain').join(',');
      expect(excludes(restored)).toBe(before === undefined || own === '' ? undefined : own);
    }),
  );
});

test.each([undefined, '', 'data', 'data, rolechain'])('turned off, it stays as it is: %s', (before) => {
  const { pod } = call(podWith(before), account(), { ...SETTINGS, veleroExclude: false });
  expect(excludes(pod)).toBe(before);
});

test('turned off later, what an earlier call wrote stays', () => {
  const once = call(podWith('data')).pod;
  expect(excludes(call(once, account(), { ...SETTINGS, veleroExclude: false }).pod)).toBe('data,rolechain');
});

test('a pod that is skipped has it no more', () => {
  const { metadata, ...rest } = call(podWith('data')).pod as unknown as Annotated;
  const skipped = { ...metadata.annotations, 'rolechain.io/skip-containers': 'app' };
  const { decision, pod } = call({ ...rest, metadata: { ...metadata, annotations: skipped } });
  expect([decision.outcome, excludes(pod)]).toEqual(['skipped', 'data']);
});

test('over its limit the pod is refused', () => {
  const within = 'x'.repeat(LIMITS.veleroExcludesBytes);
  expect(call(podWith(within)).decision.outcome).toBe('injected');
  expect(call(podWith(`${within}x`)).decision).toMatchObject({ outcome: 'refused', reason: 'PodAnnotationInvalid' });
});
