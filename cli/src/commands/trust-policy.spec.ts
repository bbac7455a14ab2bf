import { CHAIN_ARGUMENTS, CHAIN_OPTIONS } from '../iam/chain-options.ts';
import type { CommandSpec } from '../terminal/command.ts';

export const TRUST_POLICY: CommandSpec = {
  name: 'trust-policy',
  summary: 'print the trust and permission policies that a ServiceAccount needs',
  description:
    'Prints the trust policy of each role of the chains and the permission policy of the base and of each hop: least privilege, with conditions that a pod cannot forge. It changes nothing, and reads no Secret.',
  arguments: CHAIN_ARGUMENTS,
  options: [
    {
      flags: '--format <format>',
      description: 'the form of the policies',
      choices: ['json', 'terraform', 'cloudformation'],
      default: 'json',
    },
    ...CHAIN_OPTIONS,
  ],
  asksCluster: true,
  examples: [
    {
      command:
        'rolechain trust-policy serviceaccount orders -n shop --base-arn arn:aws:iam::111111111111:role/base --cluster-arn arn:aws:eks:eu-central-1:111111111111:cluster/prod',
      says: 'the policies by Pod Identity',
    },
    { command: 'rolechain trust-policy -f orders.yaml --format terraform > roles.tf', says: 'as a Terraform module' },
  ],
  load: () => import('./trust-policy.ts'),
};
