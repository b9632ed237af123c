import { check } from './check.ts';
import type { CliCommand } from './command.ts';
import { history } from './history.ts';
import { init } from './init.ts';
import { makeKey } from './make-key.ts';
import { makePassword } from './make-password.ts';
import { monitor } from './monitor.ts';
import { send } from './send.ts';
import { serve } from './serve.ts';
import { token } from './token.ts';
import { user } from './user.ts';

/** All commands, in the order in which help and documentation list them. */
export const COMMANDS: readonly CliCommand[] = [
  init,
  check,
  user,
  token,
  history,
  makePassword,
  makeKey,
  monitor,
  send,
  serve,
];
