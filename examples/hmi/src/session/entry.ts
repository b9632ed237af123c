import { ConnectError, LoginError, VscpClient } from '../../../../src/client/index.ts';
import type { PanelConfig } from '../saved/panel-config.ts';
import { type Device, recall, remember } from '../store/memory.ts';
import { t } from '../texts.ts';
import { h, setText } from '../ui/dom.ts';
import { deviceLabel, type SessionInfo } from './account.ts';
import { failureText } from './login-problem.ts';
import { LoginView } from './login-view.ts';
import { readSetup } from './setup-link.ts';

const RETRY_MS = 3_000;
export const RECONNECT = { maxDelayMs: 15_000 };

/** The way into the panel: a set-up link, what this device remembers, or user and password. */
export class Entry {
  readonly #login: LoginView;
  readonly #onSession: (session: SessionInfo, notice: string) => void;
  /** Where this page's server is, or where panel.json says; asked for again while it cannot be reached. */
  #usualUrl: string;
  readonly #findUrl: () => Promise<string | undefined>;
  readonly #words = h('p', { class: 'hint centred', role: 'status' });
  readonly #waiting: HTMLElement;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param findOwnUrl asks again where this page's server is; `undefined` = it does not tell
   * @param onSession logged in; `notice` is what the user should know, or empty
   */
  constructor(
    config: PanelConfig,
    ownUrl: string,
    findOwnUrl: () => Promise<string | undefined>,
    onSession: (session: SessionInfo, notice: string) => void,
  ) {
    this.#usualUrl = config.url || ownUrl;
    this.#findUrl = async () => config.url || findOwnUrl();
    this.#onSession = onSession;
    this.#login = new LoginView(config, this.#usualUrl, this.#findUrl, (session, isStaying) =>
      this.#entered(session, isStaying),
    );
    const other = () => {
      clearTimeout(this.#retry);
      this.show('');
    };
    this.#waiting = h(
      'main',
      { class: 'login' },
      h(
        'div',
        { class: 'card form login-form' },
        h('h1', {}, config.title),
        this.#words,
        h('button', { type: 'button', onclick: other }, t('Log in with a password')),
      ),
    );
  }

  /** @param setupText what a set-up link brought, or empty */
  begin(setupText: string): void {
    const setup = readSetup(setupText);
    if (setup) {
      if (setup.key !== undefined) remember('key', setup.key);
      void this.#resume({ user: setup.user, token: setup.token });
      return;
    }
    const device = recall('device');
    if (setupText !== '')
      this.show(t('This link is not complete: scan the code or copy the link once more.'));
    else if (device) void this.#resume(device);
    else this.show('');
  }

  /** The form, with what it should say. */
  show(problem: string): void {
    this.#waiting.remove();
    document.body.append(this.#login.element);
    this.#login.show(problem);
  }

  /**
   * A session has ended for good.
   * @param problem why, or empty
   */
  ended(problem: string, { isByToken }: SessionInfo): void {
    if (isByToken) remember('device', undefined);
    this.show(problem);
  }

  /** This device logs in by itself no longer. */
  async forget(client: VscpClient): Promise<void> {
    const device = recall('device');
    remember('device', undefined);
    const [id] = device?.token.split('.') ?? [];
    // Whatever comes of it, the token is no longer here.
    if (id !== undefined && client.state === 'online') await client.revoke({ id }).catch(() => {});
  }

  /** @param url where to try; by turns that of the device and the usual one, which may be another one by now */
  async #resume(device: Device, url = device.url ?? this.#usualUrl): Promise<void> {
    const { user, token } = device;
    const isGuess = device.url !== undefined && url !== device.url;
    document.body.append(this.#waiting);
    setText(this.#words, t('Logging in as {user}…', { user }));
    const key = recall('key') ?? '';
    const client = new VscpClient({
      url,
      login: { token },
      reconnect: RECONNECT,
      ...(url === this.#usualUrl && { findUrl: this.#findUrl }),
      ...(key && { key }),
    });
    try {
      await client.connect();
    } catch (error) {
      client.disconnect();
      if (!this.#waiting.isConnected) return;
      if (error instanceof ConnectError || (isGuess && error instanceof LoginError)) {
        setText(this.#words, t('The server cannot be reached. Trying again…'));
        this.#retry = setTimeout(() => void this.#retryAt(device, isGuess), RETRY_MS);
      } else if (error instanceof LoginError) {
        if (recall('device')?.token === token) remember('device', undefined);
        this.show(
          t(
            'This device is no longer logged in: it was revoked, unused for too long, or the password changed.',
          ),
        );
      } else this.show(failureText(error));
      return;
    }
    if (!this.#waiting.isConnected) {
      client.disconnect();
      return;
    }
    this.#waiting.remove();
    this.#rememberDevice(url, user, token);
    this.#onSession({ client, user: client.user ?? { name: user }, key, isByToken: true }, '');
  }

  async #retryAt(device: Device, wasGuess: boolean): Promise<void> {
    this.#usualUrl = (await this.#findUrl()) ?? this.#usualUrl;
    if (this.#waiting.isConnected) await this.#resume(device, wasGuess ? device.url : this.#usualUrl);
  }

  /** The address of the page's own server may change, and is asked for with each visit. */
  #rememberDevice(url: string, user: string, token: string): void {
    remember('device', { user, token, ...(url !== this.#usualUrl && { url }) });
  }

  async #entered(session: SessionInfo, isStaying: boolean): Promise<void> {
    this.#login.element.remove();
    const notice = isStaying ? await this.#stay(session) : '';
    this.#onSession(session, notice);
  }

  /** @returns why the device does not stay logged in, or empty */
  async #stay({ client, user, key }: SessionInfo): Promise<string> {
    try {
      const { extensions } = await client.version();
      if (!extensions.includes('TOKEN'))
        return t(
          'This server keeps no logins (its configuration has no state-dir): the next visit asks for the password again.',
        );
      const { token } = await client.createToken({ label: deviceLabel() });
      this.#rememberDevice(client.url, user.name, token);
      remember('key', key === '' ? undefined : key);
      return '';
    } catch (error) {
      return t('This device does not stay logged in: {why}', { why: failureText(error) });
    }
  }
}
