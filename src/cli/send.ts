import { errorMessage } from '../core/errors.ts';
import { type CliCommand, CommandError, EXIT, type GivenArguments, usageError } from './command.ts';
import { CONNECT_HELP, CONNECT_OPTIONS, connectOrFail, createClient } from './connect.ts';
import { parseEventArgument } from './event-line.ts';
import { printNote, visible } from './terminal.ts';

const help = `Usage: vscpl2drv-websocksrv send URL EVENT... [options]

Logs in, sends one or more events in order, and waits until the driver has taken each of them.

EVENT is one of
  CLASS:TYPE[:DATA,...]      with decimal, 0x hex or 0b binary numbers; e.g. 20:3:0,1,2
  a ws1 event text           head,class,type,obid,datetime,timestamp,GUID[,data...]
  a ws2 event object         {"vscpClass":20,"vscpType":3,"vscpData":[0,1,2]}
The driver fills in what is missing (GUID "-", date and timestamp 0 or empty).

${CONNECT_HELP}
  -h, --help             this text

Exit code: 0 = all taken, 1 = no connection, login refused or an event refused, 2 = wrong use.

Examples:
  vscpl2drv-websocksrv send localhost --user admin 30:5:0,1,1
  vscpl2drv-websocksrv send wss://house.example/ws1 -u anna '0,20,3,0,,0,-,0,1,2'`;

async function run(given: GivenArguments): Promise<number> {
  const [url, ...texts] = given.positionals;
  if (url === undefined || texts.length === 0)
    throw usageError(send, 'URL and at least one EVENT are expected');
  const events = texts.map((text) => {
    const parsed = parseEventArgument(text);
    if (!parsed.ok) throw usageError(send, `"${text}" is not an event: ${parsed.reason}`);
    return parsed.value;
  });
  const client = await createClient(send, url, given, false);
  try {
    await connectOrFail(client);
    for (const [index, event] of events.entries()) {
      await client.send(event).catch((error: unknown) => {
        throw new CommandError(`"${texts[index]}": ${visible(errorMessage(error))}`);
      });
    }
    printNote(events.length === 1 ? 'Sent.' : `Sent ${events.length} events.`);
    return EXIT.ok;
  } finally {
    client.disconnect();
  }
}

export const send: CliCommand = {
  name: 'send',
  summary: 'send events to a driver',
  help,
  options: CONNECT_OPTIONS,
  run,
};
