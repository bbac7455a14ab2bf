/** What can be completed of each command. Pure. */
import type { CommandSpec, OptionSpec } from '../command.ts';

export type Completes = NonNullable<OptionSpec['completes']>;

export interface CompletedOption {
  /** `-f`, `--file`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly completes: Completes | undefined;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  /** Values of its arguments, in their order; empty where they cannot be told. */
  readonly arguments: readonly (readonly string[])[];
  readonly options: readonly CompletedOption[];
}

const HELP: CompletedOption = {
  names: ['-h', '--help'],
  description: 'how it is called',
  takesValue: false,
  choices: [],
  completes: undefined,
};

export function completionOf(
  commands: readonly CommandSpec[],
  optionsOf: (spec: CommandSpec) => readonly OptionSpec[],
): CompletedCommand[] {
  return commands.map((spec) => ({
    name: spec.name,
    summary: spec.summary,
    arguments: spec.arguments.map(({ choices = [] }) => choices),
    options: [...optionsOf(spec).map(completedOption), HELP],
  }));
}

function completedOption({ flags, description, choices = [], completes }: OptionSpec): CompletedOption {
  const words = flags.split(/[ ,]+/);
  return {
    names: words.filter((word) => word.startsWith('-')),
    description,
    takesValue: words.some((word) => /^[<[]/.test(word)),
    choices,
    completes,
  };
}

/** Shell commands that print what may stand there, one a line; they say nothing where there is no kubectl or no cluster. */
export const ASKED = {
  namespace: 'kubectl get namespaces -o name 2>/dev/null | cut -d/ -f2',
  context: 'kubectl config get-contexts -o name 2>/dev/null',
} as const;
