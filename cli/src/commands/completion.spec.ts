import type { CommandSpec, OptionSpec } from '../terminal/command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Of the table that it stands in itself. */
export function makeCompletion(
  commands: () => readonly CommandSpec[],
  optionsOf: (spec: CommandSpec) => readonly OptionSpec[],
): CommandSpec {
  return {
    name: 'completion',
    summary: 'print a completion script for a shell',
    description:
      'Prints a script that completes commands, options and their values. Names of namespaces and contexts come from kubectl while a word is completed.',
    arguments: [{ name: '<shell>', description: 'the shell', choices: SHELLS }],
    options: [],
    asksCluster: false,
    examples: [
      { command: 'source <(rolechain completion bash)', says: 'completes in this shell' },
      { command: 'rolechain completion fish | source', says: 'the same in fish' },
    ],
    load: async () => {
      const { completionRun } = await import('./completion.ts');
      return { run: completionRun(commands(), optionsOf) };
    },
  };
}
