import { BadInputError, ConnectError, LoginError, VscpClient } from '../../../../src/client/index.ts';
import type { PanelConfig } from '../saved/panel-config.ts';
import { canRemember, recall, remember } from '../store/memory.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { field } from '../ui/form-parts.ts';
import { languageChoice } from '../views/language-choice.ts';
import type { SessionInfo } from './account.ts';
import { RECONNECT } from './entry.ts';
import { greet, hasDefaultKey } from './greeting.ts';
import { failureText } from './login-problem.ts';

const KEY_HINT = t(
  'The driver’s vscp key, 32 hex digits. It is in the file that key-file names; ask your administrator.',
);

/** Asks for user and password until a login succeeds. The password is kept nowhere but in the client. */
export class LoginView {
  readonly element: HTMLElement;
  readonly #usualUrl: string;
  readonly #findUrl: () => Promise<string | undefined>;
  readonly #onLogin: (session: SessionInfo, isStaying: boolean) => Promise<void>;
  readonly #user = h('input', {
    id: 'user',
    name: 'username',
    autocomplete: 'username',
    required: true,
    autocapitalize: 'none',
    spellcheck: 'false',
  });
  readonly #password = h('input', {
    id: 'password',
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
  });
  readonly #stay = h('input', { type: 'checkbox' });
  readonly #url = h('input', { id: 'server', name: 'server', spellcheck: 'false', required: true });
  readonly #key = h('input', {
    id: 'key',
    name: 'key',
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: t('default key'),
  });
  readonly #keyField = field(t('Key'), this.#key, h('span', { class: 'hint' }, KEY_HINT));
  readonly #visibleKey = h('div', { hidden: true });
  readonly #details = h(
    'details',
    {},
    h('summary', {}, t('Server, key and language')),
    field(t('Server'), this.#url),
    this.#keyField,
    languageChoice('login-language'),
  );
  readonly #button = h('button', { type: 'submit', class: 'primary wide' }, t('Log in'));
  readonly #problem = h('p', { class: 'problem', role: 'alert' });

  /** @param onLogin takes over; `isStaying` = the device shall log in by itself from now on */
  constructor(
    config: PanelConfig,
    usualUrl: string,
    findUrl: () => Promise<string | undefined>,
    onLogin: (session: SessionInfo, isStaying: boolean) => Promise<void>,
  ) {
    this.#usualUrl = usualUrl;
    this.#findUrl = findUrl;
    this.#onLogin = onLogin;
    this.#user.value = recall('user') ?? '';
    this.#url.value = recall('url') ?? usualUrl;
    this.#key.value = recall('key') ?? '';
    const isKept = canRemember();
    this.#stay.checked = isKept;
    this.#stay.disabled = !isKept;
    const stayWords = isKept
      ? t('Stay logged in on this device')
      : t('Stay logged in: this browser keeps nothing for this page');
    this.#url.addEventListener('change', () => void this.#askForKey());
    const form = h(
      'form',
      { class: 'card form login-form', onsubmit: (event: Event) => this.#submit(event) },
      h('h1', {}, config.title),
      h('p', { class: 'hint' }, t('Log in with a user of the VSCP websocket driver.')),
      field(t('User'), this.#user),
      field(t('Password'), this.#password),
      this.#visibleKey,
      h('label', { class: 'check' }, this.#stay, stayWords),
      this.#details,
      this.#problem,
      this.#button,
      config.hint !== '' && h('p', { class: 'hint centred' }, config.hint),
    );
    this.element = h('main', { class: 'login' }, form);
  }

  /** @param problem why the last session ended, or empty */
  show(problem: string): void {
    setText(this.#problem, problem);
    this.#password.value = '';
    (this.#user.value === '' ? this.#user : this.#password).focus();
    void this.#askForKey();
  }

  /** Where the key is not the one that everybody knows, it has to be asked for where people see it. */
  async #askForKey(): Promise<void> {
    const greeting = await greet(this.#url.value.trim());
    if (greeting?.keyCheck === undefined) return;
    const isNeeded = !hasDefaultKey(greeting) && recall('key') === undefined;
    this.#key.required = isNeeded;
    setAttribute(this.#key, 'placeholder', isNeeded ? t('32 hex digits') : t('default key'));
    setAttribute(this.#visibleKey, 'hidden', isNeeded ? undefined : '');
    const place = isNeeded ? this.#visibleKey : this.#details;
    if (this.#keyField.parentElement !== place) place.append(this.#keyField);
  }

  async #submit(submit: Event): Promise<void> {
    submit.preventDefault();
    const [url = '', user = '', key = ''] = [this.#url, this.#user, this.#key].map(({ value }) =>
      value.trim(),
    );
    if (!url || !user || !this.#password.value) return;
    setText(this.#problem, '');
    this.#button.disabled = true;
    setText(this.#button, t('Logging in…'));
    try {
      const password = this.#password.value;
      const client = new VscpClient({
        url,
        user,
        password,
        reconnect: RECONNECT,
        // Of a server that somebody has typed in nobody can tell where it is.
        ...(url === this.#usualUrl && { findUrl: this.#findUrl }),
        ...(key && { key }),
      });
      await client.connect();
      const isStaying = this.#stay.checked;
      remember('user', isStaying ? user : undefined);
      remember('url', url === this.#usualUrl ? undefined : url);
      this.#password.value = '';
      await this.#onLogin({ client, user: client.user ?? { name: user }, key, isByToken: false }, isStaying);
    } catch (error) {
      this.#explain(error);
    } finally {
      this.#button.disabled = false;
      setText(this.#button, t('Log in'));
    }
  }

  #explain(error: unknown): void {
    setText(this.#problem, failureText(error));
    if (error instanceof BadInputError || (error instanceof LoginError && error.reason === 'key')) {
      if (this.#visibleKey.hidden) this.#details.open = true;
      this.#key.focus();
    } else if (error instanceof LoginError) {
      this.#password.focus();
      this.#password.select();
    }
    if (error instanceof ConnectError) {
      this.#details.open = true;
      this.#url.focus();
    }
  }
}
