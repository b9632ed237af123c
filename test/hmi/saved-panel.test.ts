import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apply, type JsonObject } from '../../examples/hmi/src/saved/merge-patch.ts';
import { SavedPanel } from '../../examples/hmi/src/saved/saved-panel.ts';

/** A server whose document others change too. */
class Server {
  revision = 0;
  editor = '';
  panel: JsonObject = {};

  change(editor: string, patch: JsonObject): void {
    this.panel = apply(this.panel, patch);
    this.revision += 1;
    this.editor = editor;
  }

  async call(_word: string, { revision, patch }: { revision: number; patch: JsonObject }) {
    const { revision: current, editor, panel } = this;
    if (revision !== current) return { saved: false, revision: current, editor, panel };
    this.change('me', patch);
    return { saved: true, stored: true, revision: this.revision };
  }
}

const named = (name: string) => ({ items: { a: { name } } });

async function begun() {
  const server = new Server();
  server.change('somebody', named('Lamp'));
  const saved = new SavedPanel(server as never, () => undefined);
  await saved.save({ rooms: { hall: { name: 'Hall' } } });
  saved.end();
  return { server, saved, save: saved.begin() };
}

describe('the saved panel', () => {
  it('is not overwritten where somebody changed it while the form was open', async () => {
    const { server, saved, save } = await begun();
    server.change('bert', named('Torch'));
    // Something else is saved meanwhile, with which the change comes in.
    await saved.save({ items: { b: { order: 1 } } });
    const result = await save(named('Light'));
    assert.equal(
      !result.isSaved && result.problem.startsWith('bert has changed this meanwhile to “Torch”'),
      true,
    );
    assert.deepEqual(server.panel.items, { a: { name: 'Torch' }, b: { order: 1 } });
    assert.equal((await save(named('Light'))).isSaved, true, 'who was told may overwrite it');
    assert.deepEqual(server.panel.items, { a: { name: 'Light' }, b: { order: 1 } });
  });

  it('blames nobody who only saved an alarm', async () => {
    const { server, saved, save } = await begun();
    server.change('bert', named('Torch'));
    await saved.save({ items: { b: { order: 1 } } });
    server.change('carl', { alarms: { x: { since: 1 } } });
    const first = await save(named('Light'));
    assert.match(first.isSaved ? '' : first.problem, /^bert has changed/);

    const other = await begun();
    other.server.change('bert', named('Torch'));
    other.server.change('carl', { alarms: { x: { since: 1 } } });
    const second = await other.save(named('Light'));
    assert.match(second.isSaved ? '' : second.problem, /^Somebody else has changed/, 'it cannot know who');
  });

  it('takes changes of other fields of the same thing without a word', async () => {
    const { server, save } = await begun();
    server.change('bert', { items: { a: { room: 'hall' } } });
    assert.equal((await save(named('Light'))).isSaved, true);
    assert.deepEqual(server.panel.items, { a: { name: 'Light', room: 'hall' } });
  });

  it('says that something was removed meanwhile', async () => {
    const { server, save } = await begun();
    server.change('bert', { rooms: { hall: null } });
    const result = await save({ rooms: { hall: { name: 'Lobby' } } });
    assert.match(result.isSaved ? '' : result.problem, /^bert has removed this meanwhile/);
  });
});
