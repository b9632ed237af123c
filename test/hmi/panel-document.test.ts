import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDocument } from '../../examples/hmi/src/saved/panel-document.ts';

test('what of a saved document does not fit is told, and the rest is kept', () => {
  const { rooms, items, nodes, problems } = readDocument({
    rooms: { hut: { name: 'Hut', order: 'first' }, attic: 'Attic' },
    items: {
      'v:a': { name: 7, room: 'hut', isHidden: 'yes', order: 2 },
      'v:b': { limit: { above: '20', below: 3, backBy: -1 } },
      'v:c': { limit: 20 },
      'v:d': { name: 'Good', isHidden: false, limit: { above: 5 } },
      'v:e': null,
    },
    nodes: { 'FF:01': { name: 'Cellar', room: ['hut'] } },
    controls: [],
  });
  assert.deepEqual(rooms, { hut: { name: 'Hut' } });
  assert.deepEqual(items, {
    'v:a': { room: 'hut', order: 2 },
    'v:b': { limit: { below: 3, forS: 0 } },
    'v:c': {},
    'v:d': { name: 'Good', limit: { above: 5, forS: 0 } },
  });
  assert.deepEqual(nodes, { 'FF:01': { name: 'Cellar' } });
  assert.deepEqual(problems, [
    'rooms, “hut”: “order” has to be a number.',
    'rooms, “attic”: it has to be an object { … }.',
    'items, “v:a”: “name” has to be a text.',
    'items, “v:a”: “isHidden” has to be true or false.',
    'items, “v:b”: “limit.above” has to be a number.',
    'items, “v:b”: “limit.backBy” has to be a number, 0 or more.',
    'items, “v:c”: “limit” has to be an object { … }.',
    'items, “v:e”: it has to be an object { … }.',
    'nodes, “FF:01”: “room” has to be a text.',
    '“controls” has to be an object { … }.',
  ]);
});

test('a document without faults has no problems, and neither has an empty one', () => {
  assert.deepEqual(readDocument({}).problems, []);
  const document = { rooms: { a: { name: 'A', icon: 'home', order: 1 } }, items: {}, nodes: {}, alarms: {} };
  assert.deepEqual(readDocument(document).problems, []);
});
