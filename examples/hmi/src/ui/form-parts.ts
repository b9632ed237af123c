import { t } from '../texts.ts';
import { h, icon, setAttribute, setText } from './dom.ts';

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A control with its label above and hints below. */
export function field(label: string, control: Control, ...extra: (Node | false)[]): HTMLElement {
  const hints = extra.filter((part) => part !== false);
  return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, ...hints);
}

export function hint(...content: (Node | string)[]): HTMLElement {
  return h('p', { class: 'hint' }, ...content);
}

export function select(
  id: string,
  options: readonly (readonly [value: string, text: string])[],
): HTMLSelectElement {
  return h('select', { id }, ...options.map(([value, text]) => h('option', { value }, text)));
}

/** Title and a button that closes: the top of every dialog. */
export function dialogHead(title: HTMLElement, dialog: HTMLDialogElement): HTMLElement {
  const close = h(
    'button',
    { type: 'button', class: 'plain', 'aria-label': t('Close'), onclick: () => dialog.close() },
    icon('close'),
  );
  return h('header', { class: 'dialog-head' }, title, close);
}

/** Shows a dialog from its top: browsers would show it where it was scrolled to, though that was about another thing. */
export function openDialog(dialog: HTMLDialogElement): void {
  dialog.showModal();
  dialog.scrollTop = 0;
}

/** @param title its id names the dialog */
export function dialogWith(title: HTMLElement, ...content: (HTMLElement | undefined)[]): HTMLDialogElement {
  const dialog = h('dialog', { 'aria-labelledby': title.id });
  dialog.append(dialogHead(title, dialog), ...content.filter((part) => part !== undefined));
  return dialog;
}

/**
 * A card with a table that scrolls in it; a region, which the keyboard reaches, with the name of its table.
 * @param name id of the heading that names it, or a text of its own
 */
export function tableCard(name: { id: string } | { text: string }, table: HTMLTableElement): HTMLElement {
  const named = 'id' in name ? { 'aria-labelledby': name.id } : { 'aria-label': name.text };
  return h('div', { class: 'card table-card', tabindex: 0, role: 'region', ...named }, table);
}

/** Does something, not twice at a time; the button keeps the focus meanwhile, which a disabled one would lose. */
export async function busyWith(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  if (button.hasAttribute('aria-busy')) return;
  setAttribute(button, 'aria-busy', 'true');
  try {
    await work();
  } finally {
    setAttribute(button, 'aria-busy', undefined);
  }
}

const ASKED_MS = 5_000;

/**
 * Has a button ask once more before it does something. It forgets the first press when the focus goes on, and after a
 * while: not every browser gives the focus to what is pressed, and hours later it would be somebody else's press.
 */
export function askTwice(
  button: HTMLButtonElement,
  show: (isAsked: boolean) => void,
  onConfirm: () => void,
): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let until = 0;
  const reset = () => {
    clearTimeout(timer);
    until = 0;
    show(false);
  };
  button.addEventListener('blur', reset);
  button.addEventListener('click', () => {
    // While a device sleeps, its timers do too.
    const isAsked = Date.now() < until;
    reset();
    if (isAsked) {
      onConfirm();
      return;
    }
    until = Date.now() + ASKED_MS;
    timer = setTimeout(reset, ASKED_MS);
    show(true);
  });
}

/** A button that asks once more before it does what cannot be undone. */
export function confirmButton(label: string, name: string, onConfirm: () => void): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'danger', 'aria-label': `${label} ${name}` }, label);
  const show = (isAsked: boolean) => {
    setText(button, isAsked ? `${label}?` : label);
    button.setAttribute(
      'aria-label',
      isAsked ? t('{label} {name}? Press again.', { label, name }) : `${label} ${name}`,
    );
  };
  askTwice(button, show, onConfirm);
  return button;
}

/** The question for the own password, for what a token alone may not do. */
export function ownPasswordField(id: string): { input: HTMLInputElement; element: HTMLElement } {
  const input = h('input', { id, type: 'password', autocomplete: 'current-password' });
  const why = t(
    'This device logged in by itself. So that nobody who finds it can do this, your password is needed.',
  );
  return { input, element: field(t('Your password'), input, hint(why)) };
}
