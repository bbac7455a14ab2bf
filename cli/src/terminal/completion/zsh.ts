import { ASKED, type CompletedCommand, type CompletedOption } from './table.ts';

/** `source <(rolechain completion zsh)`, behind compinit. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ name, options, arguments: list }) => `        ${name})
          _arguments -s \\
${[...options.map(optionSpec), ...list.map(argumentSpec)].map((spec) => `            ${quote(spec)}`).join(' \\\n')}
          ;;`,
  );
  return `#compdef rolechain kubectl-rolechain
# rolechain's completion for zsh.
_rolechain() {
  local state line
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  _arguments -C '(-h --help)'{-h,--help}'[how it is called]' '(-V --version)'{-V,--version}'[the version]' '1: :->command' '*:: :->rest'
  case "$state" in
    command) _describe command commands ;;
    rest)
      case "$line[1]" in
${cases.join('\n')}
      esac
      ;;
  esac
}
compdef _rolechain rolechain kubectl-rolechain
`;
}

function optionSpec({ names, description, takesValue, choices, completes }: CompletedOption): string {
  const name = names[names.length - 1] ?? '';
  const said = description.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  if (!takesValue) return `${name}[${said}]`;
  return `*${name}[${said}]:value:${valuesOf(choices, completes)}`;
}

function argumentSpec(choices: readonly string[], index: number): string {
  return `${index + 1}::argument:${valuesOf(choices, undefined)}`;
}

function valuesOf(choices: readonly string[], completes: CompletedOption['completes']): string {
  if (completes === 'file') return '_files';
  if (completes === 'folder') return '_files -/';
  if (completes) return `($(${ASKED[completes]}))`;
  return choices.length > 0 ? `(${choices.join(' ')})` : ' ';
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
