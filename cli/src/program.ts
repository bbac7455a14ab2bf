/** Parses the command line, runs the command, prints its outcome, and says with which code the process ends. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { stringify } from 'yaml';
import { CodedError, ERRORS, VERSION } from '@rolechain/shared';
import { COMMANDS } from './commands.ts';
import { optionsOf } from './terminal/common-options.ts';
import { shown } from './terminal/plain.ts';
import { makeColours } from './terminal/colours.ts';
import {
  EXIT,
  type Call,
  type CommandSpec,
  type OptionSpec,
  type Outcome,
  type Output,
  type Surroundings,
} from './terminal/command.ts';

/** `args`: without node and the script. Never throws; what is wrong is printed on standard error. */
export async function run(
  args: readonly string[],
  surroundings: Surroundings,
  commands: readonly CommandSpec[] = COMMANDS,
): Promise<number> {
  let code: number = EXIT.ok;
  const program = makeProgram(surroundings, commands, (outcome) => {
    if (outcome?.isFinding) code = EXIT.finding;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return fail(error, surroundings);
  }
}

function makeProgram(
  surroundings: Surroundings,
  commands: readonly CommandSpec[],
  ended: (outcome: Outcome | undefined) => void,
): Command {
  const program = new Command('rolechain')
    .description('Says what rolechain does to a pod and why, and what is wrong where it does nothing.')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: surroundings.out,
      writeErr: (text) => surroundings.err(shown(text, false)),
      // As `fail` prints all others.
      outputError: (text, write) => write(text.replace(/^error: /, 'error UsageInvalid: ')),
    })
    .addHelpText(
      'after',
      `\nExample:\n  ${commands[0]?.examples[0]?.command ?? ''}\n\nExit codes: 0 all well, 1 something found, 2 not understood or not done.`,
    )
    .showHelpAfterError('(--help shows how it is called)')
    .showSuggestionAfterError();
  for (const spec of commands)
    program.addCommand(makeCommand(spec, surroundings, ended).copyInheritedSettings(program));
  return program;
}

function makeCommand(
  spec: CommandSpec,
  surroundings: Surroundings,
  ended: (outcome: Outcome | undefined) => void,
): Command {
  const command = new Command(spec.name).summary(spec.summary).description(spec.description);
  for (const one of spec.arguments) command.addArgument(makeArgument(one));
  for (const option of optionsOf(spec)) command.addOption(makeOption(option));
  const examples = spec.examples.map(({ command: line, says }) => `  ${line}\n      ${says}`);
  command.addHelpText('after', `\nExamples:\n${examples.join('\n')}`);
  return command.action(async () => {
    const options = command.opts<Record<string, unknown>>();
    const call: Call = {
      args: command.processedArgs as Call['args'],
      options,
      output: options.output as Output,
      surroundings,
    };
    const { run: runCommand } = await spec.load();
    const outcome = await runCommand(call);
    if (outcome) surroundings.out(render(outcome, call));
    ended(outcome);
  });
}

function makeArgument({ name, description, choices, otherwise }: CommandSpec['arguments'][number]): Argument {
  const argument = new Argument(name, description);
  if (!choices) return argument;
  argument.choices(choices);
  if (otherwise === undefined) return argument;
  return argument.argParser((value: string) => {
    if (choices.includes(value)) return value;
    throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}. ${otherwise}`);
  });
}

function makeOption({ flags, description, choices, default: initial, isList }: OptionSpec): Option {
  const option = new Option(flags, description);
  if (choices) option.choices(choices);
  if (initial !== undefined) option.default(initial);
  if (isList) option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  return option;
}

function render({ report, text }: Outcome, { output, surroundings }: Call): string {
  if (output === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  if (output === 'yaml') return stringify(report, { aliasDuplicateObjects: false });
  const { hasColours } = surroundings;
  const said = shown(text(makeColours(hasColours)), hasColours);
  return said === '' || said.endsWith('\n') ? said : `${said}\n`;
}

/** Prints what is wrong. A CodedError's text, code and fix; commander has printed its own. */
function fail(error: unknown, { err, hasColours, signal }: Surroundings): number {
  // The person who ends it knows why it is not done.
  if (signal.aborted) return EXIT.usage;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const colours = makeColours(hasColours);
  const { code, message, fix } =
    error instanceof CodedError
      ? error
      : { code: 'InternalError' as const, message: ERRORS.InternalError.text, fix: 'Report it with the command line.' };
  err(shown(`${colours.red('error')} ${code}: ${message}\n${fix}\n`, hasColours));
  return EXIT.usage;
}
