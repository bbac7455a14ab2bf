import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { REGIONS, isRegion, regionMeant, withRegionMeant } from './regions.ts';

test('the Regions are those of the AWS SDK', () => {
  const fromSidecar = createRequire(join(__dirname, '..', '..', 'sidecar', 'package.json'));
  const fromSTS = createRequire(fromSidecar.resolve('@aws-sdk/client-sts'));
  const core = fromSTS.resolve('@aws-sdk/core/client').replace(/\/dist-cjs\/.*/, '');
  const source = readFileSync(join(core, 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js'), 'utf8');
  const names = [...source.matchAll(/"([a-z]{2,5}(?:-[a-z]+)+-\d+)": \{/g)].flatMap(([, name]) => name ?? []);
  expect(names.length).toBeGreaterThan(30);
  expect(new Set(REGIONS)).toEqual(new Set(names));
  expect(REGIONS.filter((name) => !isRegion(name))).toEqual([]);
});

test.each([
  ['eu-central1', 'eu-central-1'],
  ['eucentral-1', 'eu-central-1'],
  ['EU-CENTRAL-1', 'eu-central-1'],
  ['eu-central-1 ', 'eu-central-1'],
  ['eu-central-1a', 'eu-central-1'],
  ['us-east1', 'us-east-1'],
  ['us_west_2', 'us-west-2'],
  // Forms of a Region.
  ['eu-centrall-1', 'eu-central-1'],
  ['eu-cetnral-2', 'eu-central-2'],
  ['us-esat-1', 'us-east-1'],
])('%s was meant to be %s', (name, meant) => expect(regionMeant(name)).toBe(meant));

test.each([
  ...['eu-central-1', 'ap-southeast-9', 'eu-central-3', 'us-isoc-east-1', 'sa-north-1', 'eusc-de-west-1'],
  ...['Frankfurt', 'fsn1', '', 'x'.repeat(10_000)],
])('%s may be one, or resembles none', (name) => {
  expect(regionMeant(name)).toBeUndefined();
  expect(withRegionMeant('a Region', name)).toBe('a Region');
});

test('no known Region was meant to be another', () => {
  expect(REGIONS.filter((name) => regionMeant(name) !== undefined)).toEqual([]);
});
