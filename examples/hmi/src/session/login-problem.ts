import {
  ConnectError,
  LoginError,
  RefusedError,
  VscpError,
  type VscpErrorCode,
} from '../../../../src/client/index.ts';
import { t } from '../texts.ts';
import { reasonText } from './server-words.ts';

const LOGIN = {
  credentials: t('User or password is not right, or this address is not allowed for the user.'),
  key: t('The key is another one than the server’s.'),
  token: t(
    'This device is not logged in any more: it was revoked, not used for too long, or the password changed.',
  ),
  withdrawn: t('The server has ended this login.'),
  unknown: t('User or password is not right, or the key is another one.'),
};

const CONNECT = {
  'name-not-found': t('There is no server of that name.'),
  unreachable: t('The server cannot be reached.'),
  certificate: t('The server’s certificate is not trusted.'),
  path: t('There is no websocket at this address of the server.'),
  origin: t('The server does not let pages from here in (allowed-origins).'),
  full: t('The server is full.'),
  unknown: t('No connection to the server.'),
};

/** The server's refusals by the protocol's code. */
const REFUSED: Readonly<Record<number, string>> = {
  1: t('The server refuses this as wrong.'),
  2: t('The server does not know this command.'),
  3: t('The daemon takes no more events at this moment. Try again.'),
  5: t('The server does not allow this.'),
  6: t('This user may not send such an event.'),
  7: t('This user may not do that.'),
  8: t('The server refuses this event as wrong.'),
  10: t('The server could not do this.'),
};

const FAILED: Readonly<Partial<Record<VscpErrorCode, string>>> = {
  TIMEOUT: t('The server does not answer.'),
  NOT_CONNECTED: t('There is no connection to the server; nothing was sent.'),
  CONNECTION_LOST: t('The connection was lost meanwhile; whether it was done is not known.'),
  TOO_MANY_SENDS: t('Too much is waiting to be sent. Try again.'),
  BAD_FRAME: t('The server’s answer cannot be read.'),
  UNSUPPORTED: t('This server cannot do that.'),
};

/** Why something that was asked of the server did not happen, in words for people. */
export function failureText(error: unknown): string {
  if (error instanceof LoginError) return LOGIN[error.reason];
  if (error instanceof ConnectError) return CONNECT[error.reason];
  const own = error instanceof VscpError && (ownWords(error) ?? badInput(error.message));
  if (own) {
    // In the words of the library or the server, for whoever looks after it.
    console.info(error);
    return own;
  }
  return error instanceof Error ? error.message : String(error);
}

function ownWords(error: VscpError): string | undefined {
  if (!(error instanceof RefusedError)) return FAILED[error.code];
  // Of `COMMAND: the code's text, the server's reason (code)`.
  const words = error.message.replace(/^\w+: /, '').replace(/ \(\d+\)$/, '');
  const [, reason = ''] = /^.*?[.)] (\S.*)$/s.exec(words) ?? [];
  const known = REFUSED[error.errorCode];
  if (known === undefined) return words;
  // The reason tells more than the code; one that is not known here comes in the server's words.
  return reasonText(reason) ?? (reason === '' ? known : `${known} ${reason}`);
}

/** What the client library says about input; what the panel's own forms say is in the viewer's language already. */
function badInput(message: string): string | undefined {
  if (/must be at least 32 hex digits$/.test(message)) return t('The key needs 32 hex digits.');
  const [, guid] = /^Not a GUID: (.*)$/s.exec(message) ?? [];
  if (guid !== undefined) return t('This is not a GUID: {guid}', { guid });
  const [, name = '', min = '', max = '', value = ''] =
    /^(.+) must be a whole number from (\d+) to (\d+), not (.*)$/.exec(message) ?? [];
  if (name === '') return undefined;
  // As the forms call their fields: Class, Type.
  const field = t(`${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  return t('{field} must be a whole number from {min} to {max}, not {value}.', { field, min, max, value });
}
