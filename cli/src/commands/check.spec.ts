import { SIMULATOR } from '@rolechain/shared';
import { CHAIN_ARGUMENTS, CHAIN_OPTIONS } from '../iam/chain-options.ts';
import type { CommandSpec } from '../terminal/command.ts';

export const CHECK: CommandSpec = {
  name: 'check',
  summary: 'check the chains of a ServiceAccount against policy documents',
  description: `Asks for each call of the chains whether the policies of a folder allow it, and names the statement that is missing. It asks no AWS: ${SIMULATOR.name} evaluates the policies, which you install beside it (npm install ${SIMULATOR.name}@${SIMULATOR.version}; AGPL-3.0).`,
  arguments: CHAIN_ARGUMENTS,
  options: [
    {
      flags: '--policies <folder>',
      description: 'the policies: <account>/role/<path and name>/trust-policy.json and permissions/*.json',
      completes: 'folder',
    },
    {
      flags: '--pod <name>',
      description: 'the name of the pod, for conditions on the session name',
      default: 'pod',
    },
    ...CHAIN_OPTIONS,
  ],
  asksCluster: true,
  examples: [
    {
      command: 'rolechain check -f orders.yaml --policies policies/ --base-arn arn:aws:iam::111111111111:role/base',
      says: 'a manifest against the policies of a repository, in CI',
    },
    { command: 'rolechain check serviceaccount orders -n shop --policies policies/', says: 'what the cluster has' },
  ],
  load: () => import('./check.ts'),
};
