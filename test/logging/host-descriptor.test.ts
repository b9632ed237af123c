import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HostDescriptor } from '../../src/logging/host-descriptor.ts';

/** Both ends of a named pipe: the writing one is as a host has it, blocking. */
function makeFifo(context: TestContext): { path: string; reader: number; writer: number } {
  const folder = mkdtempSync(join(tmpdir(), 'descriptor-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'fifo');
  execFileSync('mkfifo', [path]);
  const reader = openReader(path);
  const writer = openSync(path, constants.O_WRONLY);
  context.after(() => closeSync(writer));
  return { path, reader, writer };
}

function openReader(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

function readAvailable(fd: number): Buffer {
  const parts: Buffer[] = [];
  for (;;) {
    const bytes = Buffer.alloc(65536);
    try {
      const count = readSync(fd, bytes);
      if (count === 0) break;
      parts.push(bytes.subarray(0, count));
    } catch {
      break;
    }
  }
  return Buffer.concat(parts);
}

/** Writes all of it, with the reader taking what is there only when nothing more goes in. */
function passThrough(
  descriptor: HostDescriptor,
  reader: number,
  text: Buffer,
): { read: Buffer; stalls: number } {
  const read: Buffer[] = [];
  let stalls = 0;
  for (let at = 0; at < text.length; ) {
    const written = descriptor.write(text.subarray(at, at + descriptor.maxBytes));
    assert.ok(!(written instanceof Promise));
    at += written ?? 0;
    if (written !== undefined) continue;
    stalls++;
    read.push(readAvailable(reader));
  }
  read.push(readAvailable(reader));
  return { read: Buffer.concat(read), stalls };
}

const TEXT = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join(''));

test('a pipe whose reader stalls is written without waiting, and what is written arrives whole', (context) => {
  const { reader, writer } = makeFifo(context);
  const descriptor = new HostDescriptor(writer);
  const { read, stalls } = passThrough(descriptor, reader, TEXT);
  assert.ok(stalls > 0);
  assert.ok(read.equals(TEXT));
  descriptor.close();
  closeSync(reader);
});

test('so is a pipe that cannot be opened a second time; while nobody reads it each write fails', (context) => {
  const { path, reader, writer } = makeFifo(context);
  // Without a reader it cannot be opened anew, as that of another user cannot.
  closeSync(reader);
  const descriptor = new HostDescriptor(writer);
  for (let i = 0; i < 3; i++) assert.throws(() => descriptor.write(Buffer.from('nobody reads this\n')));
  const late = openReader(path);
  const { read, stalls } = passThrough(descriptor, late, TEXT);
  assert.ok(stalls > 0);
  assert.ok(read.equals(TEXT));
  descriptor.close();
  closeSync(late);
});
