/** What the test bundle echo-driver.ts does on an event of class `COMMAND_CLASS` and one of these types. */
export const COMMAND_CLASS = 65535;

export const COMMAND = {
  throwInHandler: 1,
  throwInTimer: 2,
  reject: 3,
  exit: 4,
  exhaustHeap: 5,
  loopForever: 6,
  pause: 7,
  resume: 8,
  /** Answers with an event whose data are JSON with what the driver knows. */
  report: 9,
  /** Sends as many events as the first four data bytes say (little-endian), as fast as the host takes them. */
  flood: 10,
  closeByItself: 11,
  /** Stops taking events, answers, and exits after 300 ms. */
  pauseAndExit: 12,
  /** Writes "said" on standard error. */
  say: 13,
  /** Recurses until the stack is used up, in JavaScript and in native code; answers with what happened. */
  recurse: 14,
  /** Keeps more memory than a runtime has at its start, and answers. */
  fillHeap: 15,
  /** Makes native calls for ever. */
  hammer: 16,
  /** Makes native functions and keeps them, until the heap is full. */
  hoardCalls: 17,
  /** Ends the runtime by process.exit, and makes native calls for ever after it. */
  exitAndHammer: 18,
  /** Opens the file whose path the data are; the opening of a FIFO waits for a writer, and nothing can stop it. */
  openFile: 19,
} as const;
