/** The target that is not JavaScript. */
export const SHIM = 'shim';
/** In the job's result folder. */
export const RESULT_FILE = 'result.json';

export interface WorkerJob {
  target: string;
  seconds: number;
  /** The built engine. */
  engine: string;
  /** Number of counters in the bundle. */
  counters: number;
  /** Receives what libFuzzer keeps; starts with the inputs that are known. */
  corpusFolder: string;
  /** Words that libFuzzer puts in, in its own form. */
  dictionary: string;
  /** Where the result goes, and what libFuzzer itself finds. */
  resultFolder: string;
}

export interface Finding {
  /** Error and stack. */
  error: string;
  /** The shortest input that showed it, one character a byte. */
  input: string;
}

export interface WorkerResult {
  runs: number;
  /** The smallest set of inputs that reaches all that was reached. */
  inputs: string[];
  /** Numbers of the counters that were reached. */
  reached: number[];
  findings: Finding[];
}
