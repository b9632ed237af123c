import { LoginError, VscpClient } from '../../../src/client/index.ts';
import { h, setText } from './dom.ts';
import { recall, remember } from './memory.ts';
import type { PanelConfig } from './panel-config.ts';

/** Asks for user and password until a login succeeds. The password is kept nowhere but in the client. */
export class LoginView {
  readonly element: HTMLElement;
  readonly #usualUrl: string;
  readonly #onLogin: (client: VscpClient) => void;
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
  readonly #remember = h('input', { type: 'checkbox', checked: true });
  readonly #url = h('input', { id: 'server', name: 'server', spellcheck: 'false', required: true });
  readonly #key = h('input', {
    id: 'key',
    name: 'key',
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: 'default key',
  });
  readonly #button = h('button', { type: 'submit', class: 'primary wide' }, 'Log in');
  readonly #problem = h('p', { class: 'problem', role: 'alert' });

  /** @param ownUrl websocket of the page's own server */
  constructor(config: PanelConfig, ownUrl: string, onLogin: (client: VscpClient) => void) {
    this.#usualUrl = config.url || ownUrl;
    this.#onLogin = onLogin;
    this.#user.value = recall('user') ?? '';
    this.#url.value = recall('url') ?? this.#usualUrl;
    const field = (label: string, input: HTMLInputElement, ...extra: Node[]) =>
      h('div', { class: 'field' }, h('label', { for: input.id }, label), input, ...extra);
    const keyHint = h(
      'span',
      { class: 'hint' },
      'The driver’s vscp key, 32 hex digits or more. Ask your administrator.',
    );
    const form = h(
      'form',
      { class: 'card form login-form', onsubmit: (event: Event) => this.#submit(event) },
      h('h1', {}, config.title),
      h('p', { class: 'hint' }, 'Log in with a user of the VSCP websocket driver.'),
      field('User', this.#user),
      field('Password', this.#password),
      h('label', { class: 'check' }, this.#remember, 'Remember the user name on this device'),
      h(
        'details',
        {},
        h('summary', {}, 'Server and key'),
        field('Server', this.#url),
        field('Key', this.#key, keyHint),
      ),
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
  }

  async #submit(submit: Event): Promise<void> {
    submit.preventDefault();
    const [url, user, password, key] = [this.#url, this.#user, this.#password, this.#key].map(({ value }) =>
      value.trim(),
    );
    if (!url || !user || !password) return;
    setText(this.#problem, '');
    this.#button.disabled = true;
    setText(this.#button, 'Logging in…');
    try {
      const client = new VscpClient({
        url,
        user,
        password: this.#password.value,
        reconnect: { maxDelayMs: 15_000 },
        ...(key && { key }),
      });
      await client.connect();
      remember('user', this.#remember.checked ? user : undefined);
      remember('url', url === this.#usualUrl ? undefined : url);
      this.#password.value = '';
      this.#onLogin(client);
    } catch (error) {
      this.#explain(error, url);
    } finally {
      this.#button.disabled = false;
      setText(this.#button, 'Log in');
    }
  }

  #explain(error: unknown, url: string): void {
    const isRefused = error instanceof LoginError;
    setText(
      this.#problem,
      isRefused ? 'User or password is not right, or the key is another one.' : `No connection to ${url}.`,
    );
    (isRefused ? this.#password : this.#url).focus();
    if (isRefused) this.#password.select();
  }
}
