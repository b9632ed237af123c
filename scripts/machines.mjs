import { hostArchitecture } from './machines/emulation.mjs';
import { MACHINES } from './machines/rows.mjs';
import { tryMachine } from './machines/trial.mjs';
import { installNodeModules } from './setup/node-modules.mjs';
import { reportFailure, runScript, StepError, step } from './setup/progress.mjs';

const usage = `usage: npm run test:machines -- NAME…   tests the project in bare Debian roots (as root)
       npm run test:machines -- all
       npm run test:machines -- --list      lists the names and systems
Names: ${Object.keys(MACHINES).join(' ')}
`;

await runScript(async () => {
  const words = process.argv.slice(2);
  if (words.length === 0 || words.includes('--help')) {
    process.stdout.write(usage);
    return;
  }
  if (words.includes('--list')) {
    for (const [name, { suite, arch, foreignNode }] of Object.entries(MACHINES)) {
      const node = foreignNode ? 'Node.js as NodeSource packs it' : 'Node.js of Debian';
      const how = arch === hostArchitecture ? '' : ', emulated here';
      process.stdout.write(`${name.padEnd(26)} ${suite}, ${arch}${how}, ${node}\n`);
    }
    return;
  }
  const names = words.includes('all') ? Object.keys(MACHINES) : words;
  const unknown = names.find((name) => MACHINES[name] === undefined);
  if (unknown !== undefined) throw new StepError(`no machine is called ${unknown}`, { remedy: usage });
  // Clients that log in at the end run here, not in the roots.
  await step('npm packages', installNodeModules);
  const results = [];
  for (const name of names) {
    const startedAt = Date.now();
    let outcome = 'passed';
    try {
      await tryMachine(name);
    } catch (error) {
      reportFailure(error);
      outcome = 'failed';
    }
    results.push({ name, outcome, minutes: ((Date.now() - startedAt) / 60_000).toFixed(1) });
  }
  process.stdout.write('\n');
  for (const { name, outcome, minutes } of results)
    process.stdout.write(`${name} ${outcome} (${minutes} min)\n`);
  if (results.some(({ outcome }) => outcome === 'failed')) {
    throw new StepError('not every machine passed');
  }
});
