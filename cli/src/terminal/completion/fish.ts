import { ASKED, type CompletedCommand, type CompletedOption } from './table.ts';

/** `rolechain completion fish | source`. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const lines = commands.flatMap(({ name, summary, options, arguments: list }) => [
    line(`not __fish_seen_subcommand_from ${names}`, `-a ${name} -d ${quote(summary)}`),
    ...list
      .filter((choices) => choices.length > 0)
      .map((choices) => line(seen(name), `-a ${quote(choices.join(' '))}`)),
    ...options.map((option) => line(seen(name), optionOf(option))),
  ]);
  return `# rolechain's completion for fish.
complete -c rolechain -f
${lines.join('\n')}
complete -c kubectl-rolechain -w rolechain
`;
}

const seen = (name: string): string => `__fish_seen_subcommand_from ${name}`;
const line = (condition: string, rest: string): string => `complete -c rolechain -n ${quote(condition)} ${rest}`;

function optionOf({ names, description, takesValue, choices, completes }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const values = completes === 'namespace' || completes === 'context' ? `(${ASKED[completes]})` : choices.join(' ');
  const isPath = completes === 'file' || completes === 'folder';
  return [
    ...flags,
    ...(takesValue ? ['-r'] : []),
    ...(isPath ? ['-F'] : []),
    ...(values === '' ? [] : [`-a ${quote(values)}`]),
    `-d ${quote(description)}`,
  ].join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
