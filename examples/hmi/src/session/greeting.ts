/** What a server says of itself before anybody has logged in. */
export interface Greeting {
  /** First bytes of a check value of its vscp key; `undefined` when it does not tell. */
  keyCheck: string | undefined;
}

/** Check value of the key that new installations have and everybody knows. */
const DEFAULT_KEY_CHECK = 'DD59F4BC';
const TIME_LIMIT_MS = 8_000;
const VERSION = JSON.stringify({ type: 'CMD', command: 'VERSION', args: { keyCheck: true } });

export function hasDefaultKey({ keyCheck }: Greeting): boolean {
  return keyCheck === DEFAULT_KEY_CHECK;
}

/** Asks the server over a connection of its own; `undefined` when it cannot be reached. */
export function greet(url: string): Promise<Greeting | undefined> {
  return new Promise((resolve) => {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, 'vscp-json');
    } catch {
      resolve(undefined);
      return;
    }
    const finish = (greeting?: Greeting) => {
      clearTimeout(timer);
      resolve(greeting);
      socket.close();
    };
    const timer = setTimeout(() => finish(), TIME_LIMIT_MS);
    socket.onopen = () => socket.send(VERSION);
    socket.onclose = () => finish();
    socket.onmessage = ({ data }) => {
      const greeting = read(String(data));
      if (greeting) finish(greeting);
    };
  });
}

/** The reply to VERSION; `undefined` for all else. */
function read(text: string): Greeting | undefined {
  try {
    const { command, type, args } = JSON.parse(text);
    if (command !== 'VERSION') return undefined;
    const keyCheck = type === '+' ? args?.keyCheck : undefined;
    return { keyCheck: typeof keyCheck === 'string' ? keyCheck.toUpperCase() : undefined };
  } catch {
    return undefined;
  }
}
