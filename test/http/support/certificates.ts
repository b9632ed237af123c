import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Pair {
  cert: string;
  key: string;
}

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

/** A small authority made with openssl in a folder of its own, gone when the test ends. */
export class TestAuthority {
  readonly folder: string;
  readonly ca: string;
  #serial = 1;

  private constructor(folder: string) {
    this.folder = folder;
    this.ca = join(folder, 'ca.pem');
  }

  static async create(context: Pick<TestContext, 'after'>): Promise<TestAuthority> {
    const folder = await mkdtemp(join(tmpdir(), 'websocksrv-tls-'));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const authority = new TestAuthority(folder);
    await authority.#openssl(`req -x509 ${NEW_KEY} -keyout ca.key -out ca.pem -days 30 -subj /CN=Authority`);
    return authority;
  }

  /** A key and a certificate for 127.0.0.1, ::1 and localhost, signed by the authority. */
  async issue(name: string): Promise<Pair> {
    await this.write('names.ext', 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\n');
    await this.#openssl(`req ${NEW_KEY} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
    this.#serial += 1;
    const sign = `x509 -req -CA ca.pem -CAkey ca.key -set_serial ${this.#serial} -days 10 -extfile names.ext`;
    await this.#openssl(`${sign} -in ${name}.csr -out ${name}.pem`);
    return { cert: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
  }

  /** The key of `name` once more, with a passphrase. */
  async encryptKey(name: string): Promise<string> {
    await this.#openssl(`pkcs8 -topk8 -in ${name}.key -out ${name}.enc -v2 aes256 -passout pass:secret`);
    return join(this.folder, `${name}.enc`);
  }

  /**
   * A list of the revoked certificates, by their names.
   * @param validity further options, such as the time of the next list
   */
  async revocations(names: readonly string[], validity = '-crldays 10'): Promise<string> {
    const lines = ['[ca]', 'default_ca=a', '[a]', 'database=index.txt', 'default_md=sha256'];
    await this.write('ca.cnf', `${lines.join('\n')}\n`);
    await this.write('index.txt', '');
    const ca = 'ca -config ca.cnf -keyfile ca.key -cert ca.pem';
    for (const name of names) await this.#openssl(`${ca} -revoke ${name}.pem`);
    await this.#openssl(`${ca} -gencrl -out crl.pem ${validity}`);
    return join(this.folder, 'crl.pem');
  }

  /** Puts a file with the given text into the folder. */
  async write(name: string, text: string): Promise<string> {
    const file = join(this.folder, name);
    await writeFile(file, text);
    return file;
  }

  async #openssl(command: string): Promise<void> {
    await run('openssl', command.split(' '), { cwd: this.folder });
  }
}
