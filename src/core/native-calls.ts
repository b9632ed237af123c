import * as koffi from 'koffi';

/** Where the shim puts a Uint32Array of one number, which is not 0 once the runtime is being stopped. */
const STOPPING_SYMBOL = Symbol.for('vscpl2drv-websocksrv.stopping');

/**
 * koffi's memory for calls, per environment; it never frees this memory, and its default sizes are 1 and 2
 * MB.
 */
const CALL_MEMORY = { sync_stack_size: 256 * 1024, sync_heap_size: 128 * 1024 };

export type NativeArgument = bigint | number | string | null | Uint8Array | Uint32Array | number[];
export type NativeFunction = (...args: NativeArgument[]) => number;

const stopping = (Reflect.get(globalThis, STOPPING_SYMBOL) as Uint32Array | undefined) ?? new Uint32Array(1);

/**
 * Wraps a koffi function so that it throws once the runtime is being stopped: Node then fails all that koffi
 * asks of it, and koffi ends the process because of that. V8 stops JavaScript only where a function begins or
 * a loop repeats, so neither may come between the look at `stopping` and the call. Nobody sees the error.
 */
function guarded<Arguments extends unknown[], Result>(
  call: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  return (...args) => {
    if (Atomics.load(stopping, 0) !== 0) throw new Error('the runtime is being stopped');
    return call(...args);
  };
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
export function functionAt(address: bigint, result: string, parameters: string[]): NativeFunction {
  processLibrary();
  return guarded(decode(address, makeType(result, parameters)));
}

/** Finds a function of the C library by its declaration. koffi never frees it. */
export function libraryFunction(declaration: string): NativeFunction {
  const library = processLibrary();
  const find = guarded<[text: string], NativeFunction>(library.func.bind(library));
  return guarded(find(declaration));
}
