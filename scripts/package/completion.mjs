import { mustRun } from '../setup/commands.mjs';

/** Options named in a help text: lines that start with one, or with a short one and then a long one. */
const optionsOf = (help) => [...help.matchAll(/^\s+(?:-\w,\s+)?(--[a-z][a-z-]*)/gm)].map((match) => match[1]);

/** Commands of the help text: the lines under its heading. */
function commandsOf(help) {
  const [, list = ''] = /^Commands:\n((?: {2}\S.*\n)+)/m.exec(help) ?? [];
  return [...list.matchAll(/^ {2}(\S+)/gm)].map((match) => match[1]);
}

const unique = (words) => [...new Set(words)].sort().join(' ');

/**
 * A bash completion for the command, made from its own help texts so that it knows what they name.
 * @param {string} file the command
 * @param {string} name what it is called once installed
 */
export async function bashCompletion(file, name) {
  const help = (...words) => mustRun(process.execPath, [file, ...words, '--help']);
  const general = await help();
  const commands = commandsOf(general);
  const cases = [];
  for (const command of commands) {
    const options = unique([...optionsOf(await help(command)), '--help']);
    cases.push(`    ${command}) words='${options}' ;;`);
  }
  return `# bash completion for ${name}
_${name.replaceAll('-', '_')}() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${unique(commands)} ${unique([...optionsOf(general), '--help'])}' -- "$word"))
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
