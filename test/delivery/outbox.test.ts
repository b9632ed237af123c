import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { textFrame } from '../../src/delivery/frame.ts';
import { Outbox } from '../../src/delivery/outbox.ts';

/** A socket whose kernel takes writes at once, or only when told. */
class FakeSocket extends Duplex {
  stuck = false;
  readonly writes: Buffer[] = [];
  #finish: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#take(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#take(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  /** The kernel takes what it was given. */
  drain(): void {
    const finish = this.#finish;
    this.#finish = [];
    for (const done of finish) done();
  }

  #take(chunk: Buffer, done: () => void): void {
    this.writes.push(chunk);
    if (this.stuck) this.#finish.push(done);
    else done();
  }
}

function createOutbox(maxEvents = 100) {
  const socket = new FakeSocket();
  const clock = { nowMs: 1000 };
  const counters = { eventsToClients: 0 };
  let drained = 0;
  const connection = { open: true };
  const outbox = new Outbox({
    socket,
    isOpen: () => connection.open,
    maxEvents,
    maxBytes: 1_000_000,
    nowMs: () => clock.nowMs,
    counters,
    onDrained: () => {
      drained++;
    },
  });
  return { socket, connection, outbox, clock, counters, drainedCount: () => drained };
}

/** Puts an event frame into the outbox. */
function append(outbox: Outbox, text: string): Buffer {
  const frame = textFrame(text);
  outbox.backlog.append({ slab: frame, start: 0, end: frame.length, events: 1 });
  return frame;
}

test('replies leave in one write, before events, and events only while the channel flows', () => {
  const { socket, outbox, counters } = createOutbox();
  const event = append(outbox, 'event');
  outbox.reply(textFrame('one'));
  outbox.reply(textFrame('two'));
  outbox.flush();
  assert.deepEqual(socket.writes, [Buffer.concat([textFrame('one'), textFrame('two')])]);
  assert.equal(counters.eventsToClients, 0);
  outbox.flowing = true;
  outbox.reply(textFrame('three'));
  outbox.flush();
  assert.deepEqual(socket.writes[1], Buffer.concat([textFrame('three'), event]));
  assert.equal(counters.eventsToClients, 1);
  assert.equal(outbox.ready, false);
});

test('nothing is written while the kernel has not taken the last write; then all that waits follows', async () => {
  const { socket, outbox, clock, drainedCount } = createOutbox();
  outbox.flowing = true;
  socket.stuck = true;
  append(outbox, 'first');
  outbox.flush();
  assert.equal(outbox.stalled, true);
  assert.equal(outbox.stalledSinceMs, 1000);
  clock.nowMs = 2000;
  const second = append(outbox, 'second');
  const third = append(outbox, 'third');
  outbox.reply(textFrame('reply'));
  outbox.flush();
  assert.equal(socket.writes.length, 1);
  assert.equal(outbox.stalledSinceMs, 1000);
  socket.stuck = false;
  socket.drain();
  await turn();
  assert.equal(outbox.stalled, false);
  assert.deepEqual(socket.writes[1], Buffer.concat([textFrame('reply'), second, third]));
  assert.equal(drainedCount(), 1);
});

test('the callbacks of writes that went through at once do not end a later stall', async () => {
  const { socket, outbox } = createOutbox();
  outbox.reply(textFrame('one'));
  outbox.flush();
  socket.stuck = true;
  outbox.reply(textFrame('two'));
  outbox.flush();
  await turn();
  assert.equal(outbox.stalled, true);
});

test('an outbox is congested while a client does not read its replies, and not by a few', () => {
  const { socket, outbox } = createOutbox();
  socket.stuck = true;
  outbox.reply(textFrame('x'));
  outbox.flush();
  for (let i = 0; i < 100; i++) outbox.reply(textFrame('+;EVENT'));
  assert.equal(outbox.congested, false);
  for (let i = 0; i < 300; i++) outbox.reply(textFrame('x'.repeat(1000)));
  assert.equal(outbox.congested, true);
});

test('a destroyed socket is not written to', () => {
  const { socket, outbox } = createOutbox();
  socket.destroy();
  outbox.reply(textFrame('x'));
  outbox.flush();
  assert.equal(socket.writes.length, 0);
  assert.equal(outbox.ready, false, 'or it would be flushed in vain for ever');
});

test('nothing follows a close frame', () => {
  const { socket, connection, outbox } = createOutbox();
  outbox.flowing = true;
  connection.open = false;
  append(outbox, 'event');
  outbox.reply(textFrame('reply'));
  outbox.flush();
  assert.equal(socket.writes.length, 0);
  assert.equal(outbox.ready, false);
});
