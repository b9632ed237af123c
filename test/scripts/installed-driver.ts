import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostProgram } from '../../examples/house/host-program.ts';
import { freePort } from '../support/free-port.ts';
import { ROOT } from './load-script.ts';

const GUID = 'FF:FF:FF:FF:FF:FF:FF:FE:02:00:00:00:00:01:00:00';

/** A folder as an administrator would make /etc/vscp, from the installed samples. */
function configure(folder: string, samples: string, port: number): string {
  const etc = mkdtempSync(join(folder, 'etc-'));
  for (const name of ['users.json', 'websocksrv.json']) copyFileSync(join(samples, name), join(etc, name));
  writeFileSync(join(etc, 'vscp.key'), '0123456789ABCDEF0123456789ABCDEF\n', { mode: 0o600 });
  const file = join(etc, 'websocksrv.json');
  const config = JSON.parse(readFileSync(file, 'utf8'));
  config.interface = `ws://127.0.0.1:${port}`;
  config['web-root'] = join(samples, 'web');
  config['state-dir'] = join(etc, 'state');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/**
 * Loads a driver in the C host, opens it with the installed samples and fetches the installed page.
 * @param folder of the test, for files
 * @param samples the installed samples
 * @returns the exit code of the host (null: ended by a signal), whether the page came, and the log
 */
export async function tryDriver(
  library: string,
  folder: string,
  samples: string,
): Promise<{ code: number | null; served: boolean; log: string }> {
  const port = await freePort();
  const lines: string[] = [];
  let served = false;
  const code = await new Promise<number | null>((resolve) => {
    const host = new HostProgram(join(ROOT, 'build/Release/vscp-l2-host'), folder, {
      event: () => {},
      text: (line) => lines.push(line),
      exit: resolve,
    });
    const session = async () => {
      const loaded = await host.load(library);
      assert.equal(loaded.error, undefined);
      const opened = await host.open(GUID, configure(folder, samples, port));
      if (Number(opened.handle) === 0) return;
      const page = await fetch(`http://127.0.0.1:${port}/`);
      assert.equal(page.status, 200);
      assert.equal(await page.text(), readFileSync(join(samples, 'web/index.html'), 'utf8'));
      served = true;
    };
    session().then(
      () => host.quit(),
      (error) => {
        lines.push(String(error));
        host.kill();
      },
    );
  });
  return { code, served, log: lines.join('\n') };
}
