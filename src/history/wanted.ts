/** A file with this ending, next to the history, asks the driver to let go of the history for a while. */
export const WANTED = '.wanted';
