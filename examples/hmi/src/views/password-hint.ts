import { t } from '../texts.ts';

const GOOD_LENGTH = 12;
const LEAST_LENGTH = 8;
const COMMON = /^(password|passwort|lösenord|secret|admin|qwert|1234|abc|letmein|vscp)/i;

export interface Strength {
  level: 'bad' | 'fair' | 'good';
  text: string;
}

/** How soon a stranger would guess a password. A hint, no gate: the server has its own rules. */
export function passwordStrength(user: string, password: string): Strength {
  const isName = user !== '' && password.toLowerCase().includes(user.toLowerCase());
  if (isName || COMMON.test(password) || new Set(password).size < 4)
    return { level: 'bad', text: t('Among the first that are tried.') };
  const length = [...password].length;
  if (length < LEAST_LENGTH)
    return { level: 'bad', text: t('Soon guessed: {n} characters or more.', { n: LEAST_LENGTH }) };
  if (length < GOOD_LENGTH)
    return {
      level: 'fair',
      text: t('Fair. With {n} characters, four words say, it is good.', { n: GOOD_LENGTH }),
    };
  return { level: 'good', text: t('Good.') };
}
