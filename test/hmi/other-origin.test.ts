import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { useStage } from './pages.ts';

const on = useStage();

/** A page of another origin: another port on the same machine is one. */
async function withPage(use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>Other</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    await use(`http://127.0.0.1:${address.port}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('a page of another origin', () => {
  it('loads the client library that the driver serves as a module, and cannot read its pages', async () => {
    await withPage(async (url) => {
      const page = await on.browser.newPage();
      await page.goto(url);
      const loaded = `import('${on.stage.url}client.js').then((client) => typeof client.VscpClient)`;
      assert.equal(await page.evaluate(loaded), 'function');
      const read = `fetch('${on.stage.url}panel.json').then(() => 'read', () => 'refused')`;
      assert.equal(await page.evaluate(read), 'refused');
      await page.close();
    });
  });
});
