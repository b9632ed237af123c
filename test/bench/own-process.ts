import { readdir, readFile, readlink } from 'node:fs/promises';

const LISTENING = '0A';

/** The port of the IPv4 socket on which this process listens; 0 when there is none. */
export async function listeningPort(): Promise<number> {
  const descriptors = await readdir('/proc/self/fd');
  const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const table = await readFile('/proc/self/net/tcp', 'latin1');
  for (const row of table.split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
    if (state === LISTENING && inode !== undefined && inodes.has(inode)) {
      return Number.parseInt(local?.split(':')[1] ?? '0', 16);
    }
  }
  return 0;
}

/** The writes (system calls) and written bytes of this process since it began. */
export async function writesOfProcess(): Promise<{ writes: number; writtenBytes: number }> {
  const io = await readFile('/proc/self/io', 'latin1');
  const number = (name: string): number => Number(new RegExp(`${name}: (\\d+)`).exec(io)?.[1] ?? 0);
  return { writes: number('syscw'), writtenBytes: number('wchar') };
}
