/** Options of the commands that work with policies: apart, so that --help loads no more. */
import { FILE_OPTION } from '../documents/options.ts';
import type { ArgumentSpec, OptionSpec } from '../terminal/command.ts';

/** Of both commands that work with policies. */
export const CHAIN_OPTIONS: readonly OptionSpec[] = [
  { ...FILE_OPTION, description: `${FILE_OPTION.description}, instead of the cluster` },
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

/** Of both, too. */
export const CHAIN_ARGUMENTS: readonly ArgumentSpec[] = [
  { name: '[kind]', description: 'what it is', choices: ['serviceaccount', 'sa'] },
  { name: '[name]', description: 'the name of the ServiceAccount; with -f, needed where the file has several' },
];
