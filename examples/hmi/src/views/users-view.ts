import { type SessionInfo, withPassword } from '../session/account.ts';
import { failureText } from '../session/login-problem.ts';
import { RIGHT_WORDS } from '../session/permissions.ts';
import { reasonText } from '../session/server-words.ts';
import { t } from '../texts.ts';
import { h, keepFocus, setText } from '../ui/dom.ts';
import { confirmButton, hint, ownPasswordField } from '../ui/form-parts.ts';
import type { View } from '../ui/view.ts';
import { GROUPS, UserForm } from './user-form.ts';
import { listUsers, removeUser, saveUser, type UserEntry } from './users.ts';

const WORDS = new Map<string, string>([
  ...Object.entries(RIGHT_WORDS),
  ...GROUPS.map(({ rights, name }): [string, string] => [rights, name]),
]);

/** Who may log in; for admins. */
export class UsersView implements View {
  readonly element: HTMLElement;
  readonly #session: SessionInfo;
  readonly #list = h('ul', { class: 'devices' });
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #notice = h('p', { class: 'hint', role: 'status' });
  readonly #form: UserForm;
  readonly #own = ownPasswordField('users-own-password');
  #isAsked = false;

  constructor(session: SessionInfo) {
    this.#session = session;
    this.#form = new UserForm(session.isByToken, async (edit, ownPassword) => {
      const warnings = await withPassword(session, ownPassword, (client) => saveUser(client, edit));
      setText(
        this.#notice,
        [
          t('{name} is saved.', { name: edit.name }),
          ...warnings.map((warning) => reasonText(warning) ?? warning),
        ].join(' '),
      );
      await this.#load();
    });
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'users-title' },
      h(
        'header',
        { class: 'page-head' },
        h('h2', { id: 'users-title' }, t('Users')),
        h(
          'button',
          { type: 'button', class: 'primary', onclick: () => this.#form.open(undefined) },
          t('Add a user'),
        ),
      ),
      h('div', { class: 'card account-card' }, this.#list, this.#notice, this.#problem),
      session.isByToken &&
        h(
          'div',
          { class: 'card account-card own-password' },
          this.#own.element,
          hint(t('Needed for removing users.')),
        ),
      this.#form.element,
    );
  }

  render(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const users = await listUsers(this.#session.client);
      const rows = users.map((user) => this.#row(user, users));
      keepFocus(this.#list, () => this.#list.replaceChildren(...rows));
      setText(this.#problem, '');
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }

  #row(user: UserEntry, all: readonly UserEntry[]): HTMLElement {
    const group = GROUPS.find(({ rights }) => rights === user.rights.replaceAll(' ', ''));
    const admins = all.filter(({ admin, hasPassword }) => admin && hasPassword);
    const isLastAdmin = admins.length === 1 && admins[0]?.name === user.name;
    const limits = [
      user.events !== '' && t('only some events'),
      user.remotes !== '' && t('only from some addresses'),
    ];
    const may = group ? `${group.name}: ${group.words}` : rightsInWords(user.rights);
    const facts = [may, ...limits].filter(Boolean);
    const edit = {
      type: 'button',
      'aria-label': t('Change {name}', { name: user.name }),
      onclick: () => this.#form.open(user),
    };
    return h(
      'li',
      {},
      h(
        'div',
        { class: 'device-text' },
        h('strong', {}, user.name),
        user.fullname !== '' && h('span', {}, user.fullname),
        !user.hasPassword && h('span', { class: 'badge' }, t('No password, cannot log in')),
        h('span', { class: 'hint', title: user.rights }, facts.join(' · ')),
        isLastAdmin && h('span', { class: 'hint' }, t('The last administrator: cannot be removed.')),
      ),
      h('button', edit, t('Change')),
      !isLastAdmin && confirmButton(t('Remove'), user.name, () => void this.#remove(user.name)),
    );
  }

  async #remove(name: string): Promise<void> {
    try {
      await withPassword(this.#session, this.#own.input.value, (client) => removeUser(client, name));
      setText(this.#notice, t('{name} is removed.', { name }));
      await this.#load();
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }
}

/** A list of rights as the user database has it. */
function rightsInWords(rights: string): string {
  const words = rights.split(/[\s,]+/).map((name) => WORDS.get(name) ?? name);
  return [...new Set(words)].filter(Boolean).join('; ');
}
