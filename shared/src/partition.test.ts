import { isKnownPartition, partitionOf } from './partition.ts';

test.each([
  ['eu-central-1', 'aws'],
  ['us-east-1', 'aws'],
  ['ap-southeast-7', 'aws'],
  ['il-central-1', 'aws'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['cn-north-1', 'aws-cn'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['eusc-de-east-1', 'aws-eusc'],
])('%s is of %s', (region, partition) => {
  expect(partitionOf(region)).toBe(partition);
  expect(isKnownPartition(partition)).toBe(true);
});

test('a partition that came later is not known', () => {
  expect(isKnownPartition('aws-iso-z')).toBe(false);
});
