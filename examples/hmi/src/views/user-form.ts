import { failureText } from '../session/login-problem.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { busyWith, dialogHead, field, hint, openDialog, ownPasswordField } from '../ui/form-parts.ts';
import { passwordStrength } from './password-hint.ts';
import type { UserEdit, UserEntry } from './users.ts';

/** Groups of rights as people think of them; what is none of these is `custom`. */
export const GROUPS = [
  { rights: 'admin', name: t('Administrator'), words: t('everything, users and devices of others too') },
  { rights: 'user', name: t('Household'), words: t('sees values, switches and sends events') },
  { rights: 'websockets,receive-events', name: t('Onlooker'), words: t('sees values, can change nothing') },
] as const;
const CUSTOM = 'custom';

const input = (id: string, attributes: Record<string, string | number | boolean> = {}) =>
  h('input', { id, autocomplete: 'off', spellcheck: 'false', ...attributes });

/** Makes or changes a user, in a dialog. */
export class UserForm {
  readonly element = h('dialog', { class: 'user-dialog', 'aria-labelledby': 'user-form-title' });
  readonly #isByToken: boolean;
  readonly #save: (edit: UserEdit, ownPassword: string) => Promise<void>;

  /** @param save rejects with what is wrong */
  constructor(isByToken: boolean, save: (edit: UserEdit, ownPassword: string) => Promise<void>) {
    this.#isByToken = isByToken;
    this.#save = save;
  }

  /** @param user whom to change; `undefined` for a new one */
  open(user: UserEntry | undefined): void {
    const name = input('user-name', {
      required: true,
      value: user?.name ?? '',
      readonly: user !== undefined,
    });
    const fullname = input('user-fullname', { value: user?.fullname ?? '' });
    const password = input('user-password', {
      type: 'password',
      autocomplete: 'new-password',
      required: user === undefined,
    });
    const strength = h('p', { class: 'hint', role: 'status' });
    const showStrength = () => {
      const { level, text } = passwordStrength(name.value, password.value);
      setText(strength, password.value === '' ? '' : text);
      setAttribute(strength, 'data-level', level);
    };
    for (const control of [name, password]) control.addEventListener('input', showStrength);
    const own = ownPasswordField('user-own-password');
    const rights = this.#rights(user?.rights ?? 'user');
    const lists = {
      events: input('user-events', { value: user?.events ?? '', placeholder: 'TX;30:*, RX;*:*' }),
      remotes: input('user-remotes', { value: user?.remotes ?? '', placeholder: '+192.168.1.0/24' }),
      note: input('user-note', { value: user?.note ?? '' }),
    };
    const problem = h('p', { class: 'problem', role: 'alert' });
    const button = h('button', { type: 'submit', class: 'primary' }, t('Save'));
    const close = () => this.element.close();
    const save = async () => {
      setText(problem, '');
      const edit: UserEdit = { name: name.value.trim(), create: user === undefined, rights: rights.value() };
      if (password.value !== '') edit.password = password.value;
      for (const [key, control] of Object.entries({ fullname, ...lists }))
        edit[key as 'fullname' | keyof typeof lists] = control.value.trim();
      try {
        await this.#save(edit, own.input.value);
        close();
      } catch (error) {
        setText(problem, failureText(error));
      }
    };
    const onsubmit = (submit: Event) => {
      submit.preventDefault();
      void busyWith(button, save);
    };
    const passwordHint =
      user === undefined ? '' : t('Empty: it stays as it is. A new one ends all sessions of this user.');
    this.element.replaceChildren(
      dialogHead(
        h(
          'h3',
          { id: 'user-form-title' },
          user === undefined ? t('New user') : t('Change {name}', { name: user.name }),
        ),
        this.element,
      ),
      h(
        'form',
        { class: 'form', onsubmit },
        user === undefined && field(t('User name'), name),
        field(t('Full name'), fullname),
        field(t('Password'), password, strength, passwordHint !== '' && hint(passwordHint)),
        rights.element,
        h(
          'details',
          { open: lists.events.value !== '' || lists.remotes.value !== '' },
          h('summary', {}, t('Events and addresses')),
          field(
            t('Events'),
            lists.events,
            hint(t('Only these, as class:type; TX; = sending, RX; = receiving. Empty = all.')),
          ),
          field(
            t('Addresses'),
            lists.remotes,
            hint(t('From where this user may come: + allows, - refuses. Empty = all.')),
          ),
          field(t('Note'), lists.note),
        ),
        this.#isByToken && own.element,
        problem,
        h('div', { class: 'row end' }, button),
      ),
    );
    this.element.onclose = () => this.element.replaceChildren();
    openDialog(this.element);
  }

  #rights(given: string): { element: HTMLElement; value: () => string } {
    const known = GROUPS.find(({ rights }) => rights === given.replaceAll(' ', ''));
    const custom = input('user-rights', { value: given, 'aria-label': t('Rights, parted by commas') });
    custom.hidden = known !== undefined;
    const radio = (value: string, name: string, words: string) => {
      const control = h('input', {
        type: 'radio',
        name: 'user-group',
        value,
        checked: value === (known?.rights ?? CUSTOM),
        onchange: () => {
          custom.hidden = value !== CUSTOM;
        },
      });
      return h('label', { class: 'check' }, control, h('span', {}, h('strong', {}, name), ` – ${words}`));
    };
    const element = h(
      'fieldset',
      { class: 'form' },
      h('legend', {}, t('Rights')),
      ...GROUPS.map(({ rights, name, words }) => radio(rights, name, words)),
      radio(CUSTOM, t('Other'), t('names of rights, see the manual')),
      custom,
    );
    const value = () => {
      const chosen =
        element.querySelector<HTMLInputElement>('input[name=user-group]:checked')?.value ?? CUSTOM;
      return chosen === CUSTOM ? custom.value.trim() : chosen;
    };
    return { element, value };
  }
}
