import { isFirstGuess } from './password-rules.ts';
import type { User } from './user.ts';

/** Users and hashes of specifications, samples and examples, which publish the passwords as well. */
const SAMPLES = new Set([
  // The specification's samples, from which user databases of the C++ driver were made.
  'admin:487636FDE3637C7C853AAC9EAF6FA062;357C71CA59F760C08C4125C444A22A91FD1FE1FB0E5628771A572BAF6F61B71F',
  'user:0839DD1BE692164847B601E6520CE23B;3E1B4D950F04EA3BFA2C43160B9D98ECC76B249F79A1062F041C526978591BA3',
  'special1:7B79EF5A2532F9B46DFEC501BAD16C35;100943D7C2C1C9AE99AE4F2287241DA7EAC3969EDDED50AFF3FB4EAD33C1BAD9',
  'admin:2D1E4F91DAE49CD08EABA2293E422273',
  'vscp:8C92432A556D8DC0B97E9C34FC79725E',
  // The users of `npm start`.
  'admin:445D062EDF2D656C92ACF6E7FD2896D1;5ADC97A5E0E1584D55FC669518B984209266F585CEC04EF2BACBA030507D10D9',
  'user:917D16AACD0E6658F8FEEAFD392177F4;2929CE9121EC6BCC9A23D8AE9AE4848B16AAC4AEC9C21BEED718E0DBADD13A98',
  'viewer:6E968604C5D52DC1702595A2EFBA65C2;5EFA4075CFAF449DAA3C824780CC4240143DFF8B047943C57DC6473D59E7CE2E',
]);

/** Whether the user's password is public. */
export function hasSamplePassword({ name, password }: Pick<User, 'name' | 'password'>): boolean {
  const hash =
    password.kind === 'md5'
      ? password.digest.toString('hex')
      : `${password.salt.toString('hex')};${password.key.toString('hex')}`;
  return SAMPLES.has(`${name}:${hash.toUpperCase()}`);
}

/**
 * Whether the user's password is one that everybody tries first; such passwords work on this machine only.
 */
export function isWellKnown(user: User, password: string): boolean {
  return hasSamplePassword(user) || isFirstGuess(user.name, password);
}
