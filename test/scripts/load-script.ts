import { fileURLToPath, pathToFileURL } from 'node:url';

/** Folder of the checkout, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Imports one of the plain scripts, which have no declarations, as what the test says it is. */
export async function loadScript<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(`${ROOT}scripts/${path}`).href)) as T;
}
