/** Completion scripts, made from the table of commands: nothing is asked of this program when a word is completed. */
import type { CommandSpec, OptionSpec, Run } from '../terminal/command.ts';
import { bashScript } from '../terminal/completion/bash.ts';
import { fishScript } from '../terminal/completion/fish.ts';
import { zshScript } from '../terminal/completion/zsh.ts';
import { completionOf } from '../terminal/completion/table.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export const completionRun =
  (commands: readonly CommandSpec[], optionsOf: (spec: CommandSpec) => readonly OptionSpec[]): Run =>
  ({ args }) => {
    const script = SCRIPTS[args[0] as keyof typeof SCRIPTS](completionOf(commands, optionsOf));
    return Promise.resolve({ report: { script }, text: () => script, isFinding: false });
  };
