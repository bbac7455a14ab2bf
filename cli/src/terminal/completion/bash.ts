import { ASKED, type CompletedCommand, type CompletedOption } from './table.ts';

/** `source <(rolechain completion bash)`. Needs no package bash-completion. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    (command) => `    ${command.name})
      case "$previous" in
${command.options
  .filter(({ takesValue }) => takesValue)
  .map(valueCase)
  .join('\n')}
      esac
      case "$current" in
        -*) words="${command.options.flatMap(({ names }) => names).join(' ')}" ;;
        *)
          case "$place" in
${command.arguments.map((choices, index) => `            ${index}) words="${choices.join(' ')}" ;;`).join('\n')}
            *) words="" ;;
          esac
          ;;
      esac
      ;;`,
  );
  return `# rolechain's completion for bash.
_rolechain() {
  local current previous command place words word isValue
  current="\${COMP_WORDS[COMP_CWORD]}"
  previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  command=""
  place=-1
  isValue=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ -n "$isValue" ]]; then
      isValue=""
      continue
    fi
    case "$word" in
      ${valueFlags(commands)}) isValue=yes ;;
      -*) ;;
      *)
        [[ -z "$command" ]] && command="$word"
        place=$((place + 1))
        ;;
    esac
  done
  words=""
  case "$command" in
    "") words="${commands.map(({ name }) => name).join(' ')} --help --version" ;;
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o bashdefault -o default -F _rolechain rolechain kubectl-rolechain
`;
}

/** Of all commands: a word behind one of them is its value. */
function valueFlags(commands: readonly CompletedCommand[]): string {
  const flags = commands.flatMap(({ options }) =>
    options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names),
  );
  return [...new Set(flags)].join(' | ');
}

function valueCase({ names, choices, completes }: CompletedOption): string {
  const pattern = names.join(' | ');
  // Without a reply bash completes files (-o default).
  if (completes === 'file' || completes === 'folder') return `        ${pattern}) COMPREPLY=(); return ;;`;
  const list = completes ? `$(${ASKED[completes]})` : choices.join(' ');
  return `        ${pattern}) mapfile -t COMPREPLY < <(compgen -W "${list}" -- "$current"); return ;;`;
}
