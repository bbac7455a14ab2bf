/**
 * Rows whose STS endpoint follows from the Region: they go out through a proxy, which shows where they go. In every
 * row the containers have the Region of the document, and each call the host of its own.
 */
import { ARN, HUB, IRSA, OTHER_ROLE, WITH_IRSA, orders } from './roles.ts';
import { assume, byWebIdentity, type Scenario } from './scenario.ts';

/** Hosts by Region: partitions.json of the SDKs, and AWS's list of STS endpoints. */
const PARTITIONS: readonly (readonly [partition: string, region: string, host: string])[] = [
  ['aws', 'eu-west-3', 'sts.eu-west-3.amazonaws.com'],
  ['aws-cn', 'cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
  ['aws-iso', 'us-iso-east-1', 'sts.us-iso-east-1.c2s.ic.gov'],
  ['aws-iso-b', 'us-isob-east-1', 'sts.us-isob-east-1.sc2s.sgov.gov'],
  ['aws-iso-e', 'eu-isoe-west-1', 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
  ['aws-iso-f', 'us-isof-south-1', 'sts.us-isof-south-1.csp.hci.ic.gov'],
  ['aws-eusc', 'eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
];

/** A role of that partition; what the base role's is, the Pod Identity agent alone knows. */
const partitionRow = (name: string, partition: string, region: string, host: string): Scenario => ({
  name,
  annotation: `{roleARN: "arn:${partition}:iam::222222222222:role/orders", region: ${region}}`,
  callers: { app: `arn:${partition}:sts::222222222222:assumed-role/orders/shop.POD` },
  region,
  calls: [assume(`arn:${partition}:iam::222222222222:role/orders`)],
  hosts: [host],
});

export const EGRESS: readonly Scenario[] = [
  ...PARTITIONS.map(([partition, region, host]) => partitionRow(`partition-${partition}`, partition, region, host)),
  {
    name: 'regions-apart',
    annotation: `
roleARN: ${ARN}
region: us-west-2
stsRegion: eu-west-1
via: [{roleARN: "${HUB}", stsRegion: us-east-1}, {roleARN: "${HUB}"}]`,
    callers: { app: orders('shop.POD') },
    region: 'us-west-2',
    calls: [assume(HUB), assume(HUB), assume(ARN)],
    hosts: ['sts.us-east-1.amazonaws.com', 'sts.eu-west-1.amazonaws.com', 'sts.eu-west-1.amazonaws.com'],
  },
  {
    name: 'irsa-through-a-proxy',
    annotation: ARN,
    account: WITH_IRSA,
    callers: { app: orders('shop.POD') },
    calls: [byWebIdentity(IRSA), assume(ARN)],
    hosts: ['sts.eu-central-1.amazonaws.com', 'sts.eu-central-1.amazonaws.com'],
  },
  {
    // The apiserver gives that account's token, and is not behind the proxy.
    name: 'another-service-account-through-a-proxy',
    annotation: `{roleARN: "${ARN}", serviceAccount: {name: other, namespace: tools}}`,
    callers: { app: orders('shop.POD') },
    calls: [byWebIdentity(OTHER_ROLE), assume(ARN)],
    hosts: ['sts.eu-central-1.amazonaws.com', 'sts.eu-central-1.amazonaws.com'],
  },
];

/** With the setting useFIPSEndpoint. In the GovCloud partition every endpoint is one. */
export const FIPS: readonly Scenario[] = [
  partitionRow('fips-aws', 'aws', 'us-east-2', 'sts-fips.us-east-2.amazonaws.com'),
  partitionRow('fips-aws-us-gov', 'aws-us-gov', 'us-gov-east-1', 'sts.us-gov-east-1.amazonaws.com'),
];

/** With the setting useDualstackEndpoint. */
export const DUALSTACK: readonly Scenario[] = [
  partitionRow('dual-stack-aws', 'aws', 'eu-west-2', 'sts.eu-west-2.api.aws'),
  partitionRow('dual-stack-aws-cn', 'aws-cn', 'cn-northwest-1', 'sts.cn-northwest-1.api.amazonwebservices.com.cn'),
];

/** With a stsEndpoint in which `{region}` stands: the Region of each call. */
export const PATTERN = 'https://sts.{region}.vpc.example';
export const BY_REGION: readonly Scenario[] = [
  {
    name: 'an-endpoint-for-each-region',
    annotation: `{roleARN: "${ARN}", region: us-west-2, stsRegion: eu-west-1, via: [{roleARN: "${HUB}", stsRegion: us-east-1}]}`,
    account: WITH_IRSA,
    callers: { app: orders('shop.POD') },
    region: 'us-west-2',
    calls: [byWebIdentity(IRSA), assume(HUB), assume(ARN)],
    hosts: ['sts.eu-west-1.vpc.example', 'sts.us-east-1.vpc.example', 'sts.eu-west-1.vpc.example'],
  },
];

/** A name that only the proxy knows. */
export const VPC_HOST = 'sts.vpc.example';

/** With the setting stsEndpoint: whatever the Region, that name. */
export const VPC: readonly Scenario[] = [{ ...partitionRow('endpoint-of-a-vpc', 'aws', 'us-west-1', VPC_HOST) }];

/** And with that name in NO_PROXY. */
export const DIRECT: Scenario = { name: 'not-behind-the-proxy', annotation: ARN, callers: {}, calls: [] };
