/** Partitions of AWS: clouds of their own, whose roles and STS endpoints know nothing of each other. */

/** Beginnings of Region names, and their partitions (the `regionRegex` of the SDKs' partitions.json). */
const PARTITIONS = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
] as const;

const KNOWN: ReadonlySet<string> = new Set(['aws', ...PARTITIONS.map(([, partition]) => partition)]);

/** The partition of a Region; `aws` for every name of no other kind. Pure. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(([beginning]) => region.startsWith(beginning))?.[1] ?? 'aws';
}

/** Whether Regions of this partition can be told; a partition newer than this program is not judged. */
export function isKnownPartition(partition: string): boolean {
  return KNOWN.has(partition);
}
