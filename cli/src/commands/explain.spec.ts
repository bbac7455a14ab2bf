import { FILE_OPTION, SETTINGS_OPTIONS } from '../documents/options.ts';
import type { CommandSpec } from '../terminal/command.ts';

export const EXPLAINED_KINDS = ['pod', 'serviceaccount', 'namespace', 'po', 'sa', 'ns'] as const;
export const GRAPHS = ['text', 'svg'] as const;

export const EXPLAIN: CommandSpec = {
  name: 'explain',
  summary: 'say which role each container gets and why, or why not',
  description:
    'Says which role each container gets, its chain hop by hop, and where each fact is from; or the reason why not, and the fix. Of a pod in a cluster also what its sidecar says now, and what changed since the pod was made. It decides by the functions of the webhook and changes nothing.',
  arguments: [
    {
      name: '[kind]',
      description: 'what to explain',
      choices: EXPLAINED_KINDS,
      otherwise: 'Explain one of its pods, or -f FILE.',
    },
    { name: '[name]', description: 'its name' },
  ],
  options: [
    FILE_OPTION,
    ...SETTINGS_OPTIONS,
    {
      flags: '--graph <form>',
      description: 'draw the chains instead',
      choices: GRAPHS,
    },
  ],
  asksCluster: true,
  examples: [
    { command: 'rolechain explain pod orders-7d4b9 -n shop', says: 'why a running pod has its role, or none' },
    {
      command: 'rolechain explain -f deployment.yaml -f account.yaml',
      says: 'the same before it is applied, without a cluster',
    },
    {
      command: 'rolechain explain serviceaccount orders -n shop --graph svg > chain.svg',
      says: 'draws the chains of its roles',
    },
  ],
  load: () => import('./explain.ts'),
};
