import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadScript, ROOT } from '../scripts/load-script.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { TemporaryFolders } from './temporary-folders.ts';

const { testTool } = await loadScript<{
  testTool(name: string): { program: string; env: NodeJS.ProcessEnv };
}>('setup/test-tools.mjs');

/**
 * Runs haproxy with the example, on a free port. Its answers say in `X-Node` which node they are of: `node1` and
 * so on, in the order of `nodePorts`.
 * @param options.maxClients it wants two descriptors for each, and this machine may have fewer
 * @param options.checkMs pause between its checks
 */
export async function startBalancer(
  context: Pick<TestContext, 'after'>,
  nodePorts: readonly number[],
  { maxClients = 100, checkMs = 100 } = {},
): Promise<number> {
  const port = await freePort();
  const folders = new TemporaryFolders('websocksrv-haproxy-');
  const config = join(folders.next(), 'haproxy.cfg');
  const example = await readFile(join(ROOT, 'examples/cluster/haproxy.cfg'), 'utf8');
  const servers = nodePorts.map((nodePort, index) => `    server node${index + 1} 127.0.0.1:${nodePort}\n`);
  await writeFile(
    config,
    example
      .replaceAll('bind :8884', `bind 127.0.0.1:${port}`)
      .replace(/( {4}server node\d .*\n)+/, ['    http-response set-header X-Node %s\n', ...servers].join(''))
      .replace('inter 2s', `inter ${checkMs}ms`)
      .replace('maxconn 10000', `maxconn ${maxClients}`),
  );
  const { program, env } = testTool('haproxy');
  const balancer = spawn(program, ['-db', '-f', config], { stdio: 'ignore', env });
  const ended = once(balancer, 'exit');
  context.after(async () => {
    balancer.kill('SIGKILL');
    await ended;
    folders.removeAll();
  });
  return port;
}

/** The status of an answer; 0 = there was none. */
export async function statusOf(port: number, path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status ?? 0;
}

export async function untilStatus(port: number, path: string, wanted: number): Promise<void> {
  let seen = 0;
  const look = setInterval(async () => {
    seen = await statusOf(port, path);
  }, 50);
  await eventually(`${path} answers ${wanted}`, () => seen === wanted).finally(() => clearInterval(look));
}
