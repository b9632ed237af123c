export const HMI_FOLDER: string;
export function buildHmi(): Promise<string>;
/** The largest permitted size of the first view, in bytes after gzip. */
export const FIRST_VIEW_LIMIT: number;
/** Bytes of the built first view after gzip. */
export function firstViewBytes(): Promise<number>;
