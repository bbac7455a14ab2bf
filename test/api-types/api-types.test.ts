/**
 * The table of the API's types (webhook/src/objects/api-types.ts) against a running kube-apiserver. A field that a new release
 * brings fails here; `pnpm generate:api` writes it into the table, and the webhook then doesn't compile until somebody
 * decides what a second call does with it (webhook/src/injection/sidecar-fields.ts).
 */
import { API_TYPES } from '@rolechain/webhook';
import { describeWithCluster } from '../cluster/jest.ts';
import { chosenRelease } from '../cluster/releases.ts';
import { readApiTypes, type ApiTypes } from './read.ts';

const TABLE: ApiTypes = API_TYPES;

describeWithCluster("the API's types", (cluster) => {
  let running: ApiTypes;
  beforeAll(async () => {
    running = await readApiTypes(cluster());
  });

  test('what is read are the types of a container', () => {
    expect(running.Container).toMatchObject({ image: 'string', livenessProbe: 'Probe', env: 'EnvVar[]' });
  });

  test('every field of this release is in the table', () => {
    const unknown = Object.entries(running).flatMap(([type, fields]) =>
      Object.entries(fields)
        .filter(([field, of]) => TABLE[type]?.[field] !== of)
        .map(([field]) => `${type}.${field}`),
    );
    expect(unknown).toEqual([]);
  });

  if (chosenRelease() === 'newest') {
    test('the table is that of the newest release', () => expect(running).toEqual(TABLE));
  }
});
