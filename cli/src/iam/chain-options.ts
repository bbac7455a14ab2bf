/** Options of the commands that work with policies: apart, so that --help loads no more. */
import type { OptionSpec } from '../terminal/command.ts';

/** Of both commands that work with policies. */
export const CHAIN_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-f, --filename <path>',
    description: 'read the ServiceAccount from a file instead of the cluster; - is standard input',
    isList: true,
    completes: 'file',
  },
  {
    flags: '--base-arn <arn>',
    description:
      'the role of the Pod Identity association, or whose keys the Secret of credentialSource: environment holds',
  },
  { flags: '--cluster-arn <arn>', description: 'the ARN of the EKS cluster' },
  {
    flags: '--oidc-issuer <url>',
    description: "the issuer of the cluster's tokens; else the cluster is asked for it",
  },
  {
    flags: '--settings <path>',
    description: "the webhook's settings; else the cluster's, else the defaults",
    completes: 'file',
  },
];
