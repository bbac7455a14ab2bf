import { installManifests } from '@rolechain/test/fixture/install.ts';
import { SIDES, spaceOf, spaces, withSides } from './sides.ts';

test('every webhook of pods and every binding of the guard can be left out of a namespace', async () => {
  const manifests = await installManifests();
  const changed = withSides(manifests);
  const differing = changed.filter((object, index) => JSON.stringify(object) !== JSON.stringify(manifests[index]));
  expect(differing.map(({ kind }) => kind)).toEqual([
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingAdmissionPolicyBinding',
  ]);
  const text = JSON.stringify(differing);
  const selectors = text.match(/"namespaceSelector"/g) ?? [];
  expect(selectors.length).toBeGreaterThan(2);
  expect(text.match(/"operator":"DoesNotExist"/g)).toHaveLength(selectors.length);
});

test('the accounts are spread evenly, and each side has a namespace of its own', () => {
  const made = spaces(1000, 100);
  expect(made.flatMap(({ accounts }) => accounts)).toHaveLength(1000);
  expect(made.slice(0, 3).map(({ namespace }) => namespace.metadata.name)).toEqual(SIDES.map(spaceOf));
  expect(made.map(({ namespace }) => Object.keys(namespace.metadata.labels ?? {}).length).slice(0, 4)).toEqual([
    2, 1, 0, 0,
  ]);
});
