import { makeScript, type Op } from './script.ts';
import { type RunResult, runScript } from './world.ts';

export const OPS_A_RUN = 600;
/** Runs that a failing script may be tried in, to find a short one. */
const MAX_TRIES = 150;

export interface Failure {
  seed: number;
  error: Error;
  /** The shortest script found that fails. */
  script: Op[];
}

export interface Campaign {
  runs: number;
  /** Timers fired: deliveries on wires, turns of the loop, the driver's own timers. */
  steps: number;
  events: number;
  delivered: number;
  failure: Failure | undefined;
}

async function errorOf(seed: number, script: readonly Op[]): Promise<Error | undefined> {
  try {
    await runScript(seed, script);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Leaves out ever smaller parts of a script as long as it fails. */
async function shrink(seed: number, failing: Op[], error: Error): Promise<Failure> {
  let script = failing;
  let last = error;
  let tries = 0;
  for (
    let size = Math.ceil(script.length / 2);
    size > 0 && tries < MAX_TRIES;
    size = size === 1 ? 0 : size >> 1
  ) {
    for (let at = 0; at < script.length && tries < MAX_TRIES; tries++) {
      const shorter = [...script.slice(0, at), ...script.slice(at + size)];
      const found = await errorOf(seed, shorter);
      if (found === undefined) {
        at += size;
      } else {
        script = shorter;
        last = found;
      }
    }
  }
  return { seed, error: last, script };
}

/** Runs scripts of one seed after the other, each of so many operations, until there were so many steps, or one fails. */
export async function simulate(
  firstSeed: number,
  steps: number,
  ops = OPS_A_RUN,
  onRun: (seed: number, result: RunResult) => void = () => {},
): Promise<Campaign> {
  const campaign: Campaign = { runs: 0, steps: 0, events: 0, delivered: 0, failure: undefined };
  for (let seed = firstSeed; campaign.steps < steps; seed++) {
    const script = makeScript(seed, ops);
    try {
      const result = await runScript(seed, script);
      onRun(seed, result);
      campaign.runs++;
      campaign.steps += result.steps;
      campaign.events += result.events;
      campaign.delivered += result.delivered;
    } catch (error) {
      campaign.failure = await shrink(seed, script, error as Error);
      return campaign;
    }
  }
  return campaign;
}

/** What repeats a failure, and what it is. */
export function describeFailure({ seed, error, script }: Failure): string {
  const lines = script.map((op) => JSON.stringify(op)).join('\n');
  return `seed ${seed}: ${error.stack ?? error.message}\n${script.length} of its operations are enough:\n${lines}\n`;
}
