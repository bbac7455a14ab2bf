import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { FOREIGN_KEYS } from '@rolechain/shared';
import { eksMutate } from '@rolechain/kit/models/eks-webhook.ts';
import type { DraftPod } from '@rolechain/kit/pod.ts';
import { arbitraryAnnotation, arbitraryPod, withRoleAnnotations } from '@rolechain/kit/models/pods.ts';
import { runs } from '@rolechain/kit/runs.ts';
import { notToRestore } from '@rolechain/kit/unmanaged/restored.ts';
import { SETTINGS, TARGET, account, call, plainPod } from '../testing/fixtures.ts';
import { uninject } from './uninject.ts';

function back<T>(pod: T): T {
  return jsonPatch.applyPatch(structuredClone(pod), uninject(pod), true).newDocument;
}
const env = (...variables: Record<string, string>[]): Record<string, unknown> =>
  plainPod({ containers: [{ name: 'app', env: variables }] });

test('gives back every pod that was injected or skipped', () => {
  fc.assert(
    fc.property(arbitraryPod, (pod) => {
      const { decision, pod: after } = call(pod);
      expect(notToRestore(back(after), [])).toEqual(notToRestore(pod, holding(decision)));
    }),
    { numRuns: runs(500) },
  );
});

test('so it does with several roles, tokens in the environment, and every kind of volume', () => {
  const base = { [FOREIGN_KEYS.eksRoleARN]: TARGET };
  const settings = { ...SETTINGS, otherServiceAccounts: true };
  const asked = fc
    .tuple(arbitraryPod, arbitraryAnnotation)
    .chain(([pod, annotation]) => fc.tuple(withRoleAnnotations(pod, rolesIn(annotation)), fc.constant(annotation)));
  const others = new Map([['platform/shared-aws', { namespace: 'platform', name: 'shared-aws', annotations: base }]]);
  let injected = 0;
  fc.assert(
    fc.property(asked, ([pod, annotation]) => {
      const around = { others, allowedRoles: undefined };
      const { decision, pod: after } = call(pod, account(annotation, base), settings, () => 0.5, around);
      if (decision.outcome === 'injected') injected++;
      expect(notToRestore(back(after), [])).toEqual(notToRestore(pod, holding(decision)));
    }),
    { numRuns: runs(300) },
  );
  expect(injected).toBeGreaterThan(runs(100));
});

test('a pod that holds nothing of ours stays as it is', () => {
  fc.assert(
    fc.property(arbitraryPod, fc.boolean(), (pod, eks) => {
      const mutated = eks ? eksMutate(pod, { mode: 'irsa', region: 'eu-central-1', regionalSTS: true }) : pod;
      const bare: DraftPod = structuredClone(mutated);
      delete bare.metadata.annotations?.['rolechain.io/skipped'];
      expect(uninject(bare)).toEqual([]);
    }),
  );
});

test('a second time there is nothing left to take', () => {
  fc.assert(fc.property(arbitraryPod, (pod) => expect(uninject(back(call(pod).pod))).toEqual([])));
});

test.each([
  ['Regions of the user', env({ name: 'AWS_REGION', value: 'x' }, { name: 'AWS_DEFAULT_REGION', value: 'x' })],
  [
    'defaults that the user wrote just as we do',
    env(
      { name: 'AWS_STS_REGIONAL_ENDPOINTS', value: 'regional' },
      { name: 'AWS_EC2_METADATA_DISABLED', value: 'true' },
    ),
  ],
  ['the Region of the role', plainPod()],
  ['a pod without metadata', { spec: { containers: [{ name: 'app' }] } }],
  ['keys with slashes and tildes', plainPod({ 'a/b~c': { '': null } }, { 'a~b/c~1': '' })],
])('exactly: %s', (_name, pod) => {
  const { pod: after } = call<unknown>(pod, account(`{roleARN: "${TARGET}", region: us-west-2}`));
  expect(after).not.toEqual(pod);
  expect(back(after)).toEqual(pod);
});

test.each([
  ['a second line', 'x\ny,app', 'x'],
  ['no clean record', 'x"', undefined],
  ['names with spaces', 'x, app', 'x, app'],
])("EKS' skip-containers with %s: what the EKS webhook reads of it comes back", (_name, value, after) => {
  const key = FOREIGN_KEYS.eksSkipContainers;
  const pod = back(call(plainPod({}, { [key]: value })).pod);
  expect(pod.metadata.annotations?.[key]).toBe(after);
  // Nothing of ours in it: as it is.
  expect(back(plainPod({}, { [key]: value }))).toEqual(plainPod({}, { [key]: value }));
});

test('what somebody changed since stays', () => {
  const after = call(plainPod()).pod;
  for (const variable of after.spec.containers[0]?.env ?? []) {
    if (variable.name === 'AWS_EC2_METADATA_DISABLED') variable.value = 'false';
    if (variable.name === 'AWS_REGION') variable.value = 'us-east-1';
  }
  expect(back(after).spec.containers[0]?.env).toEqual([
    { name: 'AWS_REGION', value: 'us-east-1' },
    { name: 'AWS_DEFAULT_REGION', value: 'eu-central-1' },
    { name: 'AWS_EC2_METADATA_DISABLED', value: 'false' },
  ]);
});

test('the annotation of a skipped pod goes too', () => {
  const pod = plainPod({}, { 'rolechain.io/skip-containers': 'app' });
  const { pod: after } = call(pod);
  expect(JSON.stringify(after)).toContain('NoContainerSelected');
  expect(back(after)).toEqual(pod);
});

test.each([
  ['no pod', 'x'],
  ['a malformed pod', { spec: { containers: 'x' } }],
  ['a name of ours that is not ours', plainPod({ volumes: [{ name: 'rolechain', hostPath: { path: '/' } }] })],
])('%s is left alone', (_name, pod) => expect(uninject(pod)).toEqual([]));

/** Names of the containers that the decision gives a role. */
function holding(decision: ReturnType<typeof call>['decision']): string[] {
  return decision.outcome === 'injected'
    ? decision.containers.filter(({ roles }) => roles.length > 0).map(({ name }) => name)
    : [];
}

function rolesIn(annotation: string): string[] {
  const { roleARN, roles } = JSON.parse(annotation) as { roleARN?: string; roles?: Record<string, unknown> };
  return [...(roleARN === undefined ? [] : ['default']), ...Object.keys(roles ?? {})];
}
