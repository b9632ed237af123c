import { parseArgs } from 'node:util';
import { LiveDriver } from '../support/live-driver.ts';
import { MOST_BY_CHANCE, readPassword } from './login-attack.ts';

const { values } = parseArgs({
  options: { logins: { type: 'string', default: '2000' }, library: { type: 'string' } },
});
const driver = await LiveDriver.start({
  ...(values.library === undefined ? {} : { library: values.library }),
  // Each connection is that of an attacker who has not logged in.
  keys: { 'max-clients': 2000 },
});
try {
  const begun = performance.now();
  const { logins, places, byShortest, byLongest } = await readPassword(
    `${driver.url}/ws2`,
    Number(values.logins),
  );
  const seconds = (performance.now() - begun) / 1000;
  process.stdout.write(
    `${logins} logins in ${seconds.toFixed(0)} s: the shortest delays give ${byShortest} of ${places} letters ` +
      `away, the longest ${byLongest}; up to ${MOST_BY_CHANCE} is chance\n`,
  );
  if (Math.max(byShortest, byLongest) > MOST_BY_CHANCE) process.exitCode = 1;
} finally {
  await driver.dispose();
}
