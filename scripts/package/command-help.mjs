import { mustRun } from '../setup/commands.mjs';

/**
 * Reads the help texts of the command-line helper.
 * @param {string} file the command
 * @returns {Promise<{ general: string, commands: Record<string, string> }>} the general text, and that of each command
 */
export async function commandHelp(file) {
  const help = (...words) => mustRun(process.execPath, [file, ...words, '--help']);
  const general = await help();
  const [, list = ''] = /^Commands:\n((?: {2}\S.*\n)+)/m.exec(general) ?? [];
  const commands = {};
  for (const [, name] of list.matchAll(/^ {2}(\S+)/gm)) commands[name] = await help(name);
  return { general, commands };
}

/** The help texts as part of a manual page (roff): each is unchanged, under its command's name. */
export function manualOfCommands({ commands }) {
  return Object.entries(commands)
    .map(([name, help]) => `.SS ${name}\n.nf\n${roff(help.trimEnd())}\n.fi`)
    .join('\n');
}

/** roff would take a line that begins with a dot or a quote for a request. */
function roff(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1');
}
