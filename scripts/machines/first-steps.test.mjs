/**
 * The README's first command in a fresh clone: set-up and build, a login, Ctrl-C. Needs only Node and npm.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../project.mjs';

/** Includes set-up and build; an emulated processor gets more time (test/support/time-factor.ts). */
const SERVED_TIMEOUT_MS = 30 * 60 * 1000 * Number(process.env.TIME_FACTOR ?? 1);
const HOST_NAME = 'vscp-l2-host';

let printed = '';
let child;
let ended;

/** Resolves once `npm start` has printed `part`. */
function said(part) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`npm start did not print: ${part}\n${printed}`)),
      SERVED_TIMEOUT_MS,
    );
    const look = () => {
      if (!printed.includes(part)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', look);
    look();
    ended.then((code) => {
      clearTimeout(timer);
      reject(new Error(`npm start ended with ${code}:\n${printed}`));
    });
  });
}

const given = (name) => new RegExp(`^ +${name} +(\\S+)$`, 'm').exec(printed)?.[1] ?? '';

const here = statSync('/');

/** Whether a process has the same root as this one: /proc shows those of the whole machine. */
function isHere(pid) {
  const { dev, ino } = statSync(`/proc/${pid}/root/`);
  return dev === here.dev && ino === here.ino;
}

/**
 * Whether the host runs. It looks at the words of command lines because an emulated program has its
 * emulator's name.
 */
const hostRuns = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.some((word) => basename(word) === HOST_NAME) && isHere(pid);
      } catch {
        return false;
      }
    });

before(() => {
  // A process group of its own, as a terminal gives one to a command.
  child = spawn('npm', ['start'], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  ended = new Promise((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      printed += text;
      process.stderr.write(text);
    });
  }
});

after(() => {
  if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
});

test('npm start in a fresh clone sets up, builds and serves the page', async () => {
  await said('Ctrl-C ends it');
  const answer = await fetch(given('page'));
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /<html/);
});

test('the user it names can log in over ws2 and send an event', async () => {
  // Off first: the house may have switched it on by itself, and says only what changes.
  const events = ['30:6:0,2,1', '30:5:0,2,1'];
  const args = ['build/cli.mjs', 'send', given('ws2'), '--user', given('user'), ...events];
  const env = { ...process.env, VSCP_PASSWORD: given('password') };
  const { stderr } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
  assert.match(stderr, /^Logged in as admin\.\nSent 2 events\.$/m);
  await said('Kitchen lamp on');
});

test('Ctrl-C ends it in good order and leaves nothing running', async () => {
  assert.ok(hostRuns());
  process.kill(-child.pid, 'SIGINT');
  assert.equal(await ended, 0, printed);
  assert.equal(hostRuns(), false);
});
