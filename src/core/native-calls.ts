import * as koffi from 'koffi';

/** Where the shim puts a Uint32Array of one number, which is not 0 once the runtime is being stopped. */
const STOPPING_SYMBOL = Symbol.for('vscpl2drv-websocksrv.stopping');

/**
 * koffi's memory for calls, per environment; it never frees this memory, and its default sizes are 1 and 2
 * MB.
 */
const CALL_MEMORY = { sync_stack_size: 256 * 1024, sync_heap_size: 128 * 1024 };

const BEING_STOPPED = 'the runtime is being stopped';

export type NativeArgument = bigint | number | string | null | Uint8Array | Uint32Array | number[];
export type NativeFunction = (...args: NativeArgument[]) => number;
/** A C function's types. */
export type Prototype = readonly [result: string, ...parameters: string[]];

const stopping = (Reflect.get(globalThis, STOPPING_SYMBOL) as Uint32Array | undefined) ?? new Uint32Array(1);

/** Words that a thread other than the runtime's shares with the shim; see `announceCalls`. */
let shared: Uint32Array | undefined;
const STOPPING = 0;
const CALLING = 1;

/**
 * Wraps a koffi function so that it throws once the runtime is being stopped: Node then fails all that koffi
 * asks of it, and koffi ends the process because of that. V8 stops JavaScript only where a function begins or
 * a loop repeats, so neither may come between the look at the word and the call. Nobody sees the error.
 */
function guarded<Arguments extends unknown[], Result>(
  call: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  return (...args) => {
    if (shared === undefined) {
      if (Atomics.load(stopping, 0) !== 0) throw new Error(BEING_STOPPED);
      return call(...args);
    }
    Atomics.store(shared, CALLING, 1);
    try {
      if (Atomics.load(shared, STOPPING) !== 0) throw new Error(BEING_STOPPED);
      return call(...args);
    } finally {
      Atomics.store(shared, CALLING, 0);
    }
  };
}

/**
 * For a thread other than the runtime's. From now on its native calls are announced in the second of the two
 * words, and none is made once the first is not 0: the shim waits for the announced call before Node may stop
 * the thread.
 */
export function announceCalls(words: Uint32Array): void {
  shared = words;
  Atomics.store(words, CALLING, 0);
}

const configure = guarded<[settings: typeof CALL_MEMORY], unknown>(koffi.config);
const load = guarded(koffi.load);
const makeType = guarded<[result: string, parameters: string[]], koffi.TypeObject>(koffi.proto);
const decode = guarded<[address: bigint, type: koffi.TypeObject], NativeFunction>(koffi.decode);

let process: koffi.LibraryHandle | undefined;

/**
 * Loads no file: koffi 3.3 allocates the stack for calls only in the first load(), and crashes without that
 * stack.
 */
function processLibrary(): koffi.LibraryHandle {
  if (process !== undefined) return process;
  configure(CALL_MEMORY);
  process = load(null);
  return process;
}

/** The memory at an address, without a copy. */
export const memoryAt = guarded<[address: bigint, size: number], ArrayBuffer>(koffi.view);

/** `errno` of the last native call. */
export const lastError = guarded<[], number>(koffi.errno);

/** The function at an address; `result` and `parameters` are C types. koffi never frees it. */
export function functionAt(address: bigint, result: string, parameters: readonly string[]): NativeFunction {
  processLibrary();
  return guarded(decode(address, makeType(result, [...parameters])));
}

/** Finds a function of the C library by its declaration. koffi never frees it. */
export function libraryFunction(declaration: string): NativeFunction {
  const library = processLibrary();
  const find = guarded<[text: string], NativeFunction>(library.func.bind(library));
  return guarded(find(declaration));
}

/**
 * Functions of a shared library by their names. koffi never unloads the library.
 * @throws Error when the library cannot be loaded, or lacks one of them
 */
export function libraryFunctions<Names extends string>(
  library: string,
  prototypes: Readonly<Record<Names, Prototype>>,
): Record<Names, NativeFunction> {
  processLibrary();
  const loaded = load(library);
  const find = guarded<[name: string, result: string, parameters: string[]], NativeFunction>(
    loaded.func.bind(loaded),
  );
  const made = Object.entries<Prototype>(prototypes).map(([name, [result, ...parameters]]) => [
    name,
    guarded(find(name, result, parameters)),
  ]);
  return Object.fromEntries(made) as Record<Names, NativeFunction>;
}
