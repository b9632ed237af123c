import { type DriverFolder, echoEntry, makeDriverFolder } from './driver-folder.ts';
import { COMMAND, COMMAND_CLASS } from './echo-commands.ts';
import { NativeHost, type NativeHostOptions } from './native-host.ts';
import { stretched } from './time-factor.ts';

/** The echo driver's answer to `COMMAND.report`. */
export interface EchoReport {
  guid: string;
  library: string;
  restartReason?: string;
  received: number;
  refused: number;
  notices: string[];
  /** The link's statistics, in the order of `HostLinkStats`. */
  stats: number[];
}

let folder: DriverFolder | undefined;

/** The library beside the echo bundle; it is made once per test file. */
export function echoLibrary(): string {
  if (!folder) {
    const made = makeDriverFolder(echoEntry);
    folder = made;
    process.once('exit', () => made.remove());
  }
  return folder.library;
}

/** Runs `body` with a host that has the echo driver loaded, and ends the host whatever happens. */
export async function withEchoHost(
  options: NativeHostOptions,
  body: (host: NativeHost) => Promise<void>,
): Promise<void> {
  const host = await NativeHost.start(echoLibrary(), options);
  try {
    await body(host);
  } finally {
    await host.kill();
  }
}

/** Tells the echo driver to do something; resolves to the code of the VSCPWrite. */
export async function tell(
  host: NativeHost,
  command: keyof typeof COMMAND,
  { slot = 0, data = new Uint8Array(0) } = {},
): Promise<number> {
  const event = { vscpClass: COMMAND_CLASS, vscpType: COMMAND[command], data };
  return (await host.write(event, { slot })).code;
}

/** Stops the echo driver from taking events, for a number of units of 10 ms; 0 = for ever. */
export async function pause(host: NativeHost, centiseconds = 0): Promise<void> {
  await tell(host, 'pause', { data: new Uint8Array([centiseconds]) });
  await host.nextEvent((event) => event.vscpClass === COMMAND_CLASS);
}

export async function report(host: NativeHost, slot = 0, timeoutMs = stretched(20_000)): Promise<EchoReport> {
  const code = await tell(host, 'report', { slot });
  if (code !== 0) throw new Error(`VSCPWrite returned ${code}`);
  const answer = await host.nextEvent((event) => event.vscpClass === COMMAND_CLASS, { slot, timeoutMs });
  return JSON.parse(Buffer.from(answer.data).toString('utf8')) as EchoReport;
}

/** Waits until a runtime that was started again serves; resolves to its report. */
export async function waitForRestart(host: NativeHost, timeoutMs = stretched(30_000)): Promise<EchoReport> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await report(host, 0, stretched(2000)).catch(() => undefined);
    if (answer?.restartReason !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`the driver did not come back: ${host.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
