// Writes docs/commands.md from the help texts of the command-line helper.
import { writeFileSync } from 'node:fs';
import { COMMANDS } from '../src/cli/commands.ts';

export function commandsPage(): string {
  const chapters = COMMANDS.map(({ name, summary, help }) =>
    [`## ${name}`, `${summary[0]?.toUpperCase()}${summary.slice(1)}.`, `\`\`\`text\n${help}\n\`\`\``].join(
      '\n\n',
    ),
  );
  const intro = [
    '# Commands',
    'For: administrators. `vscpl2drv-websocksrv` needs Node.js 18 or later. Exit codes: 0 = success, 1 = failure,',
    '2 = wrong use. The commands ask for passwords, or take them from `--password-file`, `--stdin` or `VSCP_PASSWORD`, never',
    'from the command line, which every user of a machine can read. This page is made from `--help`.',
  ];
  return `${intro[0]}\n\n${intro.slice(1).join('\n')}\n\n${chapters.join('\n\n')}\n`;
}

if (process.argv[1]?.endsWith('commands-page.ts')) {
  writeFileSync(new URL('../docs/commands.md', import.meta.url), commandsPage());
}
