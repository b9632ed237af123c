import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LibraryBackend } from '../support/backend-library.ts';
import { openApi, testApi } from './api-suite.ts';

for (const layout of ['classic', '2026'] as const) {
  testApi(`the built library in a host of the ${layout} layout`, () => LibraryBackend.start(layout));

  test(`/status tells the layout of a host, ${layout}`, async (context) => {
    const backend = await LibraryBackend.start(layout);
    context.after(() => backend.close());
    await context.test('as it is in force', async (inner) => {
      const { get } = await openApi(inner, backend);
      assert.equal((await get('/status')).json.layout, layout);
    });
  });
}
