import { t } from '../texts.ts';

type Values = Readonly<Record<string, string>>;

/** The server's reasons that people meet in the panel, by their form; what is named in it goes into the text. */
const REASONS: readonly [form: RegExp, text: (values: Values) => string][] = [
  [/^name: the user has no name$/, () => t('A user needs a name.')],
  [
    /^name: the user has a name with ":"/,
    () => t('The name may hold no colon, semicolon or control character.'),
  ],
  [
    /^name: the user has a name of more than (?<n>\d+) characters$/,
    (values) => t('The name may have {n} characters at most.', values),
  ],
  [/^name: there is such a user already$/, () => t('There is a user of that name already.')],
  [/^name: there is no such user$/, () => t('There is no user of that name any more.')],
  [/^password: expected for a new user$/, () => t('A new user needs a password.')],
  [/^password: the password is empty$/, () => t('The password is empty.')],
  [/^password: the password holds a control/, () => t('The password may hold no control character.')],
  [/^password: the password ends in white space/, () => t('The password may not end in a space.')],
  [
    /^password: user name and password together are longer than the (?<n>\d+) bytes/,
    (values) => t('User name and password together may have {n} bytes at most.', values),
  ],
  [/unknown right "(?<name>.*)"$/, (values) => t('There is no right “{name}”.', values)],
  [
    /bad event rule "(?<rule>.*)"$/,
    (values) => t('“{rule}” is no rule for events: class:type is expected.', values),
  ],
  [
    /bad address "(?<address>.*)"$/,
    (values) => t('“{address}” is no address, or network such as 10.0.0.0/8.', values),
  ],
  [/^Nobody could manage users any more\.$/, () => t('Nobody could manage users any more.')],
  [
    /: only a JSON file can be edited here; this one is XML$/,
    () => t('Users can be changed here if the server has them in a JSON file; its file is XML.'),
  ],
  [/^Log in with the password for this\.$/, () => t('Log in with the password for this.')],
  [
    /^There are (?<n>\d+) tokens, or too many in all; revoke some\.$/,
    (values) => t('{n} devices of this user stay logged in, or too many in all: revoke some.', values),
  ],
  [
    /^label: 1 to (?<n>\d+) characters expected$/,
    (values) => t('The name of a device has 1 to {n} characters.', values),
  ],
  [/^There is no history at the moment\.$/, () => t('There is no history at the moment.')],
  [
    /^patch: the panel would have more than (?<n>\d+) bytes$/,
    (values) => t('The panel would have more than the {n} bytes that the server keeps.', values),
  ],
  [
    /^patch: more than (?<n>\d+) levels$/,
    (values) => t('There is too much nested in it: more than {n} levels.', values),
  ],
  [
    /^(?<n>\d+) data bytes, this host takes (?<max>\d+) /,
    (values) => t('{n} bytes of data; the daemon takes {max} at most.', values),
  ],
  [
    /^the password (is the user's name|is "secret"); it is easy to guess$/,
    () => t('The password is easy to guess.'),
  ],
  [
    /^the password has fewer than (?<n>\d+) characters; it is easy to guess$/,
    (values) => t('The password has fewer than {n} characters: it is easy to guess.', values),
  ],
  [
    /has neither the right websockets nor rest, and cannot log in$/,
    () => t('Without the right websockets or rest, this user cannot log in.'),
  ],
];

/** A reason that the server gives, in the viewer's language; undefined = none that is known here. */
export function reasonText(reason: string): string | undefined {
  for (const [form, text] of REASONS) {
    const match = form.exec(reason);
    if (match) return text(match.groups ?? {});
  }
  return undefined;
}
