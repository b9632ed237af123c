/** The options in a help text: lines that start with one, or with a short one and then a long one. */
const optionsOf = (help) => [...help.matchAll(/^\s+(?:-\w,\s+)?(--[a-z][a-z-]*)/gm)].map((match) => match[1]);

const unique = (words) => [...new Set(words)].sort().join(' ');

/**
 * Makes a bash completion for the command from its own help texts, so that it offers what they name.
 * @param {Awaited<ReturnType<import('./command-help.mjs').commandHelp>>} help
 * @param {string} name the name of the installed command
 */
export function bashCompletion({ general, commands }, name) {
  const cases = Object.entries(commands).map(
    ([command, help]) => `    ${command}) words='${unique([...optionsOf(help), '--help'])}' ;;`,
  );
  return `# bash completion for ${name}
_${name.replaceAll('-', '_')}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${unique(Object.keys(commands))} ${unique([...optionsOf(general), '--help'])}' -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) return ;;
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
# Anything else is a file.
complete -o bashdefault -o default -F _${name.replaceAll('-', '_')} ${name}
`;
}
