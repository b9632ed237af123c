import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { unpackPackages } from '../../scripts/setup/debian-packages.mjs';
import { COUNTERS, instrument } from './instrument.ts';

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT = here('../..');
export const CACHE = join(ROOT, '.cache', 'coverage-fuzz');
const INSTRUMENTED = /(?:[/\\]src[/\\].*|[/\\]planted)\.ts$/;
/** Room for the counters; the real number is known when everything is bundled. */
const MAX_COUNTERS = 65_536;

export interface Built {
  engine: string;
  shimFuzzer: string;
  worker: string;
  dictionary: string;
  counters: number;
  /** Path of each source and the number of its first counter, in order. */
  files: { path: string; first: number; counters: number }[];
}

/** Debian's package with libFuzzer for the version of LLVM that this Debian prefers. */
async function runtimePackage(): Promise<string> {
  const { stdout } = await run('apt-cache', ['depends', 'libclang-rt-dev']);
  const [, name] = /Depends: (libclang-rt-\d+-dev)/.exec(stdout) ?? [];
  if (name === undefined)
    throw new Error('no package libclang-rt-NN-dev is known here; run `apt-get update`');
  return name;
}

/** The archive with libFuzzer's own code for this processor; unpacked in the project when it is not there. */
async function libFuzzer(): Promise<string> {
  const processor = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const find = (): string | undefined => {
    const folder = join(CACHE, 'runtime', 'usr', 'lib');
    if (!existsSync(folder)) return undefined;
    const llvm = readdirSync(folder).find((name) => name.startsWith('llvm-'));
    if (llvm === undefined) return undefined;
    const clang = join(folder, llvm, 'lib', 'clang');
    const version = readdirSync(clang).find((name) => existsSync(join(clang, name, 'lib', 'linux')));
    if (version === undefined) return undefined;
    return join(clang, version, 'lib', 'linux', `libclang_rt.fuzzer_no_main-${processor}.a`);
  };
  const there = find();
  if (there !== undefined && existsSync(there)) return there;
  const folder = join(CACHE, 'runtime');
  await rm(folder, { recursive: true, force: true });
  await unpackPackages([await runtimePackage()], `${folder}.new`);
  await rename(`${folder}.new`, folder);
  const path = find();
  if (path === undefined || !existsSync(path))
    throw new Error(`${folder} holds no libFuzzer for ${processor}`);
  return path;
}

/** Node's headers, as the set-up got them for the shim. */
function nodeHeaders(): string {
  const folders = [
    join(ROOT, '.libnode', 'usr', 'include', 'node'),
    '/usr/include/node',
    '/usr/include/nodejs/src',
  ];
  const folder = folders.find((path) => existsSync(join(path, 'node_api.h')));
  if (folder === undefined) throw new Error('no node_api.h: run npm run setup');
  return folder;
}

async function buildEngine(): Promise<string> {
  const path = join(CACHE, 'engine.node');
  const archive = await libFuzzer();
  const sources = [
    here('engine.cc'),
    '-Wl,--whole-archive',
    archive,
    '-Wl,--no-whole-archive',
    '-lpthread',
    '-ldl',
  ];
  await run('g++', ['-std=c++17', '-O1', '-shared', '-fPIC', '-I', nodeHeaders(), '-o', path, ...sources]);
  return path;
}

/** The shim's own readers under libFuzzer: a program. */
async function buildShimFuzzer(): Promise<string> {
  const path = join(CACHE, 'shim-fuzz');
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];
  const compile = ['-std=c++17', '-O1', '-g', '-fsanitize-coverage=trace-pc', ...sanitizers];
  const sources = ['event_layout.cc', 'ring.cc'].map((name) => join(ROOT, 'native-shim', name));
  // libFuzzer's archive has an empty function for the calls that gcc makes at branches; ours comes first.
  const link = [await libFuzzer(), '-Wl,-z,muldefs', '-lpthread', '-ldl'];
  const includes = ['-I', join(ROOT, 'native-shim')];
  await run('g++', [...compile, ...includes, here('shim_fuzz.cc'), ...sources, ...link, '-o', path]);
  return path;
}

/** A word as libFuzzer's dictionaries have it. */
function dictionaryEntry(word: string): string {
  const bytes = Buffer.from(word).toString('latin1');
  const escaped = bytes.replace(/[^\x20-\x7e]|["\\]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

/** Builds libFuzzer into an addon, and the targets with everything they read into an instrumented bundle. */
export async function buildFuzzer(): Promise<Built> {
  await mkdir(CACHE, { recursive: true });
  const files: Built['files'] = [];
  const words = new Set<string>();
  let counters = 0;
  const worker = join(CACHE, 'worker.cjs');
  await build({
    entryPoints: [here('worker.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    outfile: worker,
    banner: { js: `globalThis.${COUNTERS} = new Uint8Array(${MAX_COUNTERS});` },
    logLevel: 'warning',
    plugins: [
      {
        name: 'instrument',
        setup({ onLoad }) {
          onLoad({ filter: INSTRUMENTED }, ({ path }) => {
            const source = instrument(readFileSync(path, 'utf8'), path, counters);
            files.push({ path: relative(ROOT, path), first: counters, counters: source.counters });
            counters += source.counters;
            for (const word of source.words) if (word.length > 0 && word.length <= 32) words.add(word);
            return { contents: source.code, loader: 'js' };
          });
        },
      },
    ],
  });
  if (counters > MAX_COUNTERS) throw new Error(`${counters} counters, room for ${MAX_COUNTERS}`);
  const dictionary = join(CACHE, 'dictionary');
  await writeFile(dictionary, `${[...words].map(dictionaryEntry).join('\n')}\n`);
  const engine = await buildEngine();
  return { engine, shimFuzzer: await buildShimFuzzer(), worker, dictionary, counters, files };
}
