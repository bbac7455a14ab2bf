import type { CommandSpec } from '../terminal/command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const COMPLETION: CommandSpec = {
  name: 'completion',
  summary: 'print a completion script for a shell',
  description: 'Prints a script that completes commands, options and their values. It asks no cluster.',
  arguments: [{ name: '<shell>', description: 'the shell', choices: SHELLS }],
  options: [],
  asksCluster: false,
  examples: [{ command: 'source <(rolechain completion bash)', says: 'completes in this shell' }],
  load: () => import('./completion.ts'),
};
