/**
 * The parts of docs/cli.md that the table of commands makes: one block a command, between `<!-- command: NAME -->` and
 * `<!-- end of command -->`. What a command says is explained by hand below its block.
 */
import { CLUSTER_OPTIONS, COMMANDS, EXIT, OUTPUT_OPTION, type CommandSpec, type OptionSpec } from '@rolechain/cli';
import { code, row } from './markdown.ts';

const BLOCK = /(<!-- command: ([\w-]+) -->\n)[^]*?(<!-- end of command -->)/g;
const TABLE = /(<!-- commands -->\n)[^]*?(<!-- end of commands -->)/;

/** The page with its blocks. A block of a command that is not there yet is empty; a command without one fails. */
export function withCommands(page: string, commands: readonly CommandSpec[] = COMMANDS): string {
  const missing = commands.filter(({ name }) => !page.includes(`<!-- command: ${name} -->\n`));
  if (missing.length > 0 || !TABLE.test(page)) {
    throw new Error(`docs/cli.md has no markers for: ${missing.map(({ name }) => name).join(', ') || 'the list'}`);
  }
  return page
    .replace(TABLE, (_, start: string, end: string) => `${start}\n${listOf(commands)}\n\n${end}`)
    .replace(BLOCK, (_, start: string, name: string, end: string) => {
      const spec = commands.find((command) => command.name === name);
      return spec ? `${start}\n${blockOf(spec)}\n\n${end}` : `${start}${end}`;
    });
}

function listOf(commands: readonly CommandSpec[]): string {
  const rows = commands.map(({ name, summary }) => row(`[${code(name)}](#rolechain-${name})`, summary));
  const options = [OUTPUT_OPTION, ...CLUSTER_OPTIONS];
  return [
    ['| command | does |', '| --- | --- |', ...rows].join('\n'),
    `Exit codes: ${EXIT.ok} all well, ${EXIT.finding} something found that a person should see, ${EXIT.usage} not understood or not done.`,
    `Every command has ${code('--help')} and the first of these options; those that ask a cluster have the others, too:`,
    optionTable(options),
  ].join('\n\n');
}

function blockOf(spec: CommandSpec): string {
  const words = [spec.name, ...spec.arguments.map(({ name }) => name), spec.options.length > 0 ? '[options]' : ''];
  return [
    `## rolechain ${spec.name}`,
    spec.description,
    ['```sh', `rolechain ${words.filter((word) => word !== '').join(' ')}`, '```'].join('\n'),
    ...(spec.arguments.length > 0 ? [argumentTable(spec)] : []),
    ...(spec.options.length > 0 ? [optionTable(spec.options)] : []),
    ...(spec.asksCluster ? ['It asks the cluster.'] : []),
    ['```sh', ...spec.examples.map(({ command, says }) => `${command} # ${says}`), '```'].join('\n'),
  ].join('\n\n');
}

function argumentTable({ arguments: list }: CommandSpec): string {
  const rows = list.map(({ name, description, choices }) => row(code(name), withChoices(description, choices)));
  return ['| argument | meaning |', '| --- | --- |', ...rows].join('\n');
}

function optionTable(options: readonly OptionSpec[]): string {
  const rows = options.map(({ flags, description, choices, default: initial, isList }) =>
    row(
      code(flags),
      `${withChoices(description, choices)}${initial === undefined ? '' : ` (default ${code(initial)})`}${isList ? '; may be given several times' : ''}`,
    ),
  );
  return ['| option | meaning |', '| --- | --- |', ...rows].join('\n');
}

function withChoices(description: string, choices?: readonly string[]): string {
  return choices ? `${description}: ${choices.map(code).join(', ')}` : description;
}
