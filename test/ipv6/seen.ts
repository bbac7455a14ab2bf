/** What the test and the program in its namespace agree on. */

/** Of the Pod Identity agent on every node (Amazon EKS User Guide). */
export const AGENT = 'fd00:ec2::23';
export const STS = '2001:db8::53';
export const POD = '2001:db8::10';
export const DUALSTACK = 'sts.eu-central-1.api.aws';

export interface Seen {
  /** IPv4 addresses of the namespace. */
  readonly addresses: readonly string[];
  /** `credentials`, or the code, by what the sidecar is told of STS. */
  readonly dualstack: string;
  readonly pattern: string;
  readonly usual: string;
  /** The status of /readyz at the pod's address. */
  readonly ready: number;
  /** Who programs are, with AWS_USE_DUALSTACK_ENDPOINT and without; or their error. */
  readonly callers: readonly string[];
  /** Names by which STS was asked. */
  readonly hosts: readonly string[];
}
