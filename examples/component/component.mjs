/**
 * Uses the driver beside your own Node program. The library already contains Node, and two of them cannot
 * live in one process, so a small program of its own (component.c or component.py) loads the library and
 * speaks lines: CLASS TYPE GUID DATA, the GUID as 32 and the data as 0-1024 hex digits.
 *
 *   cc component.c -o component -pthread
 *   node component.mjs LIBRARY CONFIG ./component
 *
 * Sends a temperature each second, prints what clients send, and ends with Ctrl-C.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const [library, config, program, ...programArgs] = process.argv.slice(2);
if (program === undefined) {
  console.error('usage: node component.mjs LIBRARY CONFIG PROGRAM [ARGUMENTS]');
  process.exit(2);
}
const GUID = 'FFFFFFFFFFFFFFFE0200000000010001';
const host = spawn(program, [...programArgs, library, config], { stdio: ['pipe', 'pipe', 'inherit'] });

/** Resolves when the program has taken the line, so that a flood waits instead of filling memory. */
function send({ vscpClass, vscpType, guid, data }) {
  const line = `${vscpClass} ${vscpType} ${guid} ${Buffer.from(data).toString('hex')}\n`;
  return new Promise((resolve) => host.stdin.write(line, resolve));
}

createInterface({ input: host.stdout }).on('line', (line) => {
  const [vscpClass, vscpType, guid, hex = ''] = line.split(' ');
  console.log({
    vscpClass: Number(vscpClass),
    vscpType: Number(vscpType),
    guid,
    data: [...Buffer.from(hex, 'hex')],
  });
});

// CLASS1.MEASUREMENT, temperature: normalized integer with one decimal, degrees Celsius, sensor 0.
const timer = setInterval(() => {
  const tenths = Math.round(215 + 10 * Math.sin(Date.now() / 60_000));
  send({ vscpClass: 10, vscpType: 6, guid: GUID, data: [0b10001000, 0x81, tenths >> 8, tenths & 0xff] });
}, 1000);

host.stdin.on('error', () => {});
host.on('error', (error) => console.error(`${program}: ${error.message}`));
host.on('close', (code) => {
  clearInterval(timer);
  process.exitCode = code ?? 1;
});
// At the end of its input the program closes the driver.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => host.stdin.end());
