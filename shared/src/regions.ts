/** Names of AWS Regions: what can be one, and which one was meant. Pure. */
import { LIMITS } from './limits.ts';
import { isOneLetterAway, didYouMean } from './did-you-mean.ts';
import { partitionOf } from './partition.ts';

/**
 * The Regions of the AWS SDK's partitions (a test compares them), to say which was meant. A Region that came later is
 * none of them, and is no mistake.
 */
export const REGIONS: readonly string[] = [
  ...['af-south-1', 'ap-east-1', 'ap-east-2', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1'],
  ...['ap-south-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5'],
  ...['ap-southeast-6', 'ap-southeast-7', 'ca-central-1', 'ca-west-1', 'cn-north-1', 'cn-northwest-1', 'eu-central-1'],
  ...[
    'eu-central-2',
    'eu-isoe-west-1',
    'eu-north-1',
    'eu-south-1',
    'eu-south-2',
    'eu-west-1',
    'eu-west-2',
    'eu-west-3',
  ],
  ...['eusc-de-east-1', 'il-central-1', 'me-central-1', 'me-south-1', 'me-west-1', 'mx-central-1', 'sa-east-1'],
  ...['sa-west-1', 'us-east-1', 'us-east-2', 'us-gov-east-1', 'us-gov-west-1', 'us-iso-east-1', 'us-iso-west-1'],
  ...['us-isob-east-1', 'us-isob-west-1', 'us-isof-east-1', 'us-isof-south-1', 'us-west-1', 'us-west-2'],
];

export const REGION = /^[a-z]{2,5}(?:-[a-z]+){1,3}-\d{1,2}$/;

/** Whether this can be the name of an AWS Region. */
export function isRegion(name: string): boolean {
  return name.length <= LIMITS.regionMax && REGION.test(name);
}

/**
 * The known Region that a name which is none was meant to be: for one that can't be a name, the nearest; for one that can,
 * only a Region of the same partition that is a letter away. Its number tells nothing: new Regions get the next one.
 */
export function regionMeant(name: string): string | undefined {
  if (REGIONS.includes(name) || name.length > LIMITS.regionMax) return undefined;
  if (!isRegion(name)) return didYouMean(name, REGIONS);
  return REGIONS.find((known) => isOneLetterAway(name, known) && partitionOf(known) === partitionOf(name));
}

/** What a field takes, and which Region its value was meant to be. */
export function withRegionMeant(expected: string, name: string): string {
  const meant = regionMeant(name);
  return meant === undefined ? expected : `${expected} (did you mean ${meant}?)`;
}
