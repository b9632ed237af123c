import { ConnectError, LoginError, RefusedError } from '../../../src/client/index.ts';
import { t } from './texts.ts';

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

/** Why something that was asked of the server did not happen, in words for people. */
export function failureText(error: unknown): string {
  if (error instanceof LoginError) return LOGIN[error.reason];
  if (error instanceof ConnectError) return CONNECT[error.reason];
  // `COMMAND: the server's words (code)`
  if (error instanceof RefusedError) return error.message.replace(/^\w+: /, '').replace(/ \(\d+\)$/, '');
  return error instanceof Error ? error.message : String(error);
}
