import { type SessionInfo, withPassword } from '../session/account.ts';
import { failureText } from '../session/login-problem.ts';
import { setupLink } from '../session/setup-link.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { busyWith, dialogHead, field, hint, openDialog, ownPasswordField, select } from '../ui/form-parts.ts';
import { qrPicture } from './qr-picture.ts';

const DAY_S = 86_400;
const LOOK_ONLY = 'websockets,receive-events';
const LIFETIMES = [
  ['34560000', t('until not used for 400 days')],
  [String(30 * DAY_S), t('until not used for 30 days')],
  [String(DAY_S), t('until not used for a day')],
] as const;
const MAY = [
  ['', t('the same as you')],
  [LOOK_ONLY, t('look only, for a screen on the wall')],
] as const;

/** Makes a link and QR code with which another device logs in by itself. */
export class SetupForm {
  readonly element: HTMLElement;
  readonly #session: SessionInfo;
  readonly #onMade: () => void;
  readonly #label = h('input', {
    id: 'setup-label',
    maxlength: 64,
    required: true,
    placeholder: t('Phone of Anna'),
  });
  readonly #may = select('setup-may', MAY);
  readonly #lifetime = select('setup-lifetime', LIFETIMES);
  readonly #withKey = h('input', { type: 'checkbox' });
  readonly #password = ownPasswordField('setup-password');
  readonly #button = h('button', { type: 'submit', class: 'primary' }, t('Make link and QR code'));
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #dialog = h('dialog', { class: 'setup', 'aria-label': t('Link for the other device') });

  /** @param onMade there is one more device */
  constructor(session: SessionInfo, onMade: () => void) {
    this.#session = session;
    this.#onMade = onMade;
    const form = h(
      'form',
      { class: 'form', onsubmit: (event: Event) => this.#submit(event) },
      field(t('Name of the device'), this.#label),
      field(t('It may do'), this.#may),
      field(t('It stays logged in'), this.#lifetime),
      session.key !== '' &&
        h(
          'label',
          { class: 'check' },
          this.#withKey,
          t('Bring the key too, to log in there with a password'),
        ),
      session.isByToken && this.#password.element,
      h('div', { class: 'row' }, this.#button),
      this.#problem,
    );
    this.element = h(
      'section',
      { class: 'card account-card', 'aria-labelledby': 'setup-title' },
      h('h3', { id: 'setup-title' }, t('Set up another device')),
      hint(
        t('A phone, or a screen on the wall, that logs in by itself: no password is typed or kept there.'),
      ),
      form,
      this.#dialog,
    );
  }

  #submit(submit: Event): void {
    submit.preventDefault();
    void busyWith(this.#button, () => this.#make());
  }

  async #make(): Promise<void> {
    const { user, key } = this.#session;
    const rights = this.#may.value;
    setText(this.#problem, '');
    try {
      const { token } = await withPassword(this.#session, this.#password.input.value, (client) =>
        client.createToken({
          label: this.#label.value.trim(),
          lifetimeS: Number(this.#lifetime.value),
          ...(rights !== '' && { rights }),
        }),
      );
      this.#show(setupLink({ token, user: user.name, ...(this.#withKey.checked && { key }) }));
      this.#label.value = this.#password.input.value = '';
      this.#onMade();
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }

  #show(link: string): void {
    const text = h('input', { id: 'setup-link', readonly: true, value: link, class: 'link-text' });
    const copied = h('span', { class: 'hint', role: 'status' });
    const copy = async () => {
      text.select();
      try {
        await navigator.clipboard.writeText(link);
        setText(copied, t('Copied.'));
      } catch {
        setText(copied, t('Marked: copy it with the keyboard or the menu.'));
      }
    };
    this.#dialog.replaceChildren(
      dialogHead(h('h3', {}, t('Open this on the other device')), this.#dialog),
      qrPicture(link),
      field(t('Or this link'), text),
      h('div', { class: 'row' }, h('button', { type: 'button', onclick: copy }, t('Copy')), copied),
      hint(t('It is shown only now. Whoever has it is logged in, until you revoke the device in the list.')),
    );
    // Nothing of it stays in the page.
    this.#dialog.onclose = () => this.#dialog.replaceChildren();
    openDialog(this.#dialog);
    setAttribute(this.#dialog, 'data-ready', '');
  }
}
