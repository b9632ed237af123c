import type { TokenInfo } from '../../../../src/client/index.ts';
import type { WallScreen } from '../device/wall-screen.ts';
import type { SessionInfo } from '../session/account.ts';
import { failureText } from '../session/login-problem.ts';
import type { Permissions } from '../session/permissions.ts';
import { recall } from '../store/memory.ts';
import { t } from '../texts.ts';
import { h, keepFocus, setAttribute, setText } from '../ui/dom.ts';
import { confirmButton, hint } from '../ui/form-parts.ts';
import { formatDateAs } from '../ui/format.ts';
import type { View } from '../ui/view.ts';
import { languageChoice } from './language-choice.ts';
import { SetupForm } from './setup-form.ts';
import { wallForm } from './wall-form.ts';

export interface AccountOptions {
  /** What this device does as a screen on the wall. */
  screen: WallScreen;
  /** Whether this user may see what the driver is doing. */
  hasStatus: boolean;
  session: SessionInfo;
  permissions: Permissions;
  /** Whether the server keeps logins of devices. */
  hasTokens: boolean;
  /** Whether this user may manage users here. */
  hasUsers: boolean;
  onLeave: () => void;
}

const dateText = (time: Date) => formatDateAs(time, { dateStyle: 'medium' });

/** When a device last logged in with its token; a device that is used now may have made its token just now. */
function usedText({ lastUsed, lastAddress: address }: TokenInfo, isHere: boolean): string {
  if (lastUsed === undefined) return isHere ? '' : t('never used');
  const date = dateText(lastUsed);
  return address ? t('used {date} from {address}', { date, address }) : t('used {date}', { date });
}

/** Who is logged in and may do what; the devices that log in by themselves. */
export class AccountView implements View {
  readonly element: HTMLElement;
  readonly #options: AccountOptions;
  readonly #list = h('ul', { class: 'devices' });
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  #isAsked = false;

  constructor(options: AccountOptions) {
    this.#options = options;
    const { session, permissions, hasTokens, hasUsers, hasStatus, onLeave } = options;
    const rights = permissions
      .inWords()
      .map(({ text, isAllowed }) =>
        h(
          'li',
          { 'data-allowed': isAllowed ? '' : undefined },
          h('span', { class: 'mark', 'aria-hidden': 'true' }, isAllowed ? '✓' : '–'),
          isAllowed ? t('may {right}', { right: text }) : t('may not {right}', { right: text }),
        ),
      );
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'account-title' },
      h(
        'header',
        { class: 'page-head' },
        h('h2', { id: 'account-title' }, t('Account')),
        h('button', { type: 'button', onclick: onLeave }, t('Log out')),
      ),
      h(
        'div',
        { class: 'account-grid' },
        h(
          'section',
          { class: 'card account-card', 'aria-labelledby': 'you-title' },
          h('h3', { id: 'you-title' }, session.user.name),
          hint(session.isByToken ? t('This device logs in by itself.') : t('Logged in with the password.')),
          h('ul', { class: 'rights' }, ...rights),
          hasUsers && h('p', {}, h('a', { href: '#users' }, t('Manage users'))),
          hasStatus &&
            h('p', {}, h('a', { href: '#status' }, t('Status of the driver, and who is connected'))),
          permissions.mayEditPanel &&
            h(
              'p',
              {},
              h('a', { href: '#overview' }, t('Names, rooms and scenes as a file: Edit in the overview')),
            ),
          languageChoice('account-language'),
        ),
        h(
          'section',
          { class: 'card account-card', 'aria-labelledby': 'devices-title' },
          h('h3', { id: 'devices-title' }, t('Devices that stay logged in')),
          hasTokens
            ? this.#list
            : hint(
                t(
                  'This server keeps none: its configuration has no state-dir, so each visit needs the password.',
                ),
              ),
          this.#problem,
        ),
        hasTokens && new SetupForm(session, () => void this.#load()).element,
        wallForm(options.screen),
      ),
    );
  }

  render(): void {
    if (this.#isAsked || !this.#options.hasTokens) return;
    this.#isAsked = true;
    void this.#load();
  }

  /** The page is shown anew. */
  refresh(): void {
    this.#isAsked = false;
  }

  async #load(): Promise<void> {
    const { client, user } = this.#options.session;
    try {
      const tokens = await client.tokens();
      // A session that logged in with the password may have made the token of this device.
      const [ownId] = recall('device')?.token.split('.') ?? [];
      tokens.sort(
        (a, b) => Number(b.isCurrent) - Number(a.isCurrent) || b.created.getTime() - a.created.getTime(),
      );
      const items = tokens.map((token) => {
        const isHere = token.isCurrent || token.id === ownId;
        const owner = token.user === user.name ? '' : token.user;
        const made = t('made {date}', { date: dateText(token.created) });
        const ends = t('ends {date}', { date: dateText(token.expires) });
        const facts = [made, usedText(token, isHere), ends, owner].filter((fact) => fact !== '').join(' · ');
        return h(
          'li',
          {},
          h(
            'div',
            { class: 'device-text' },
            h('strong', {}, token.label),
            isHere && h('span', { class: 'badge here' }, t('This device')),
            h('span', { class: 'hint' }, facts),
          ),
          confirmButton(t('Revoke'), token.label, () => void this.#revoke(token.id)),
        );
      });
      keepFocus(this.#list, () => this.#list.replaceChildren(...items));
      setText(this.#problem, '');
      setAttribute(this.#list, 'hidden', items.length > 0 ? undefined : '');
      if (items.length === 0) setText(this.#problem, t('None yet.'));
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }

  async #revoke(id: string): Promise<void> {
    try {
      await this.#options.session.client.revoke({ id });
      await this.#load();
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }
}
