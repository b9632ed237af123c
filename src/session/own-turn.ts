const waiting: (() => void)[] = [];

/**
 * Cuts long work into slices: each gets a turn of the event loop of its own, whoever it is for. So others wait
 * for one slice at most, no matter how many clients ask for long things at once.
 */
export function inOwnTurn(slice: () => void): void {
  waiting.push(slice);
  if (waiting.length === 1) setImmediate(runNext);
}

function runNext(): void {
  const [slice] = waiting;
  try {
    slice?.();
  } finally {
    waiting.shift();
    if (waiting.length > 0) setImmediate(runNext);
  }
}

/**
 * A text that is made while it is written: each step takes about half a millisecond at most and gives the next
 * bytes, or undefined if it has only worked. A piece is the taker's: whoever makes it does not touch it again.
 * Whoever does not go to the end must call `return`.
 */
export type Pieces = Generator<Buffer | undefined, void>;

/** About as many bytes has one piece. */
export const PIECE_BYTES = 64 * 1024;
