import { closeSync, existsSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { buildDir } from '../support/driver-folder.ts';
import { LiveDriver } from '../support/live-driver.ts';

/** Kinds of calls to the C library that test/native-host/failing_calls.cc can let fail; the order is its. */
export const CALLS = [
  'malloc',
  'mmap',
  'pthread_create',
  'socketpair',
  'pipe',
  'socket',
  'accept',
  'read',
  'write',
  'open',
  'rename',
  'fsync',
] as const;
export type Call = (typeof CALLS)[number];

/** The words of the file that the library and the tests share, in their order; 32 bits each. */
const WORDS = ['kind', 'first', 'last', 'seen', 'failed'] as const;
const ALWAYS = 2 ** 31 - 1;

/** Decides which calls of a host's driver fail. */
export class FailingCalls {
  readonly #file: string;
  readonly #fd: number;

  constructor(folder: string) {
    this.#file = join(folder, 'failing-calls');
    writeFileSync(this.#file, Buffer.alloc(WORDS.length * 4));
    this.#fd = openSync(this.#file, 'r+');
  }

  /** The environment of a host whose calls can fail. */
  get env(): Record<string, string> {
    const library = join(buildDir, 'failing-calls.so');
    // A host without it would start, and no call would fail.
    if (!existsSync(library)) throw new Error(`${library} is missing: npm run build`);
    return { LD_PRELOAD: library, FAILING_CALLS: this.#file };
  }

  /** From now on the `nth` call fails, counted from 1; all later ones too when it `lasts`. */
  begin(call: Call, nth: number, lasts: boolean): void {
    this.#write('seen', 0);
    this.#write('failed', 0);
    this.#write('first', nth);
    this.#write('last', lasts ? ALWAYS : nth);
    this.#write('kind', CALLS.indexOf(call) + 1);
  }

  /** From now on nothing fails any more. @returns how many calls did */
  end(): number {
    this.#write('kind', 0);
    return this.#read('failed');
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(word: (typeof WORDS)[number], value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    writeSync(this.#fd, bytes, 0, 4, WORDS.indexOf(word) * 4);
  }

  #read(word: (typeof WORDS)[number]): number {
    const bytes = Buffer.alloc(4);
    readSync(this.#fd, bytes, 0, 4, WORDS.indexOf(word) * 4);
    return bytes.readInt32LE();
  }
}

/** A host whose driver's calls can fail. The driver is not open yet; whoever asks disposes of it. */
export async function prepareFailing(
  keys: Record<string, unknown> = {},
): Promise<{ driver: LiveDriver; failing: FailingCalls }> {
  const made: FailingCalls[] = [];
  const driver = await LiveDriver.prepare({
    keys,
    host: (folder) => {
      const failing = new FailingCalls(folder);
      made.push(failing);
      return { env: failing.env };
    },
  });
  const [failing] = made;
  if (failing === undefined) throw new Error('the host was not asked for its options');
  return { driver, failing };
}
