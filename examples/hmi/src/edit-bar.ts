import { parse as parseJson } from 'jsonc-parser';
import { h, setAttribute, setText } from './dom.ts';
import { failureText } from './login-problem.ts';
import { isObject, type JsonObject } from './merge-patch.ts';
import { readDocument } from './panel-document.ts';
import type { SavedPanel } from './saved-panel.ts';
import { t } from './texts.ts';

const FORMAT = 'vscp-panel';
const RELEASE_MS = 60_000;

/** Begins and ends the editing of the overview; takes what was set up out as a file, and in again. */
export class EditBar {
  readonly toggle: HTMLButtonElement;
  readonly element: HTMLElement;
  readonly #saved: SavedPanel;
  readonly #words = h('p', { class: 'hint', role: 'status' });
  readonly #file = h('input', {
    type: 'file',
    accept: '.json,application/json',
    hidden: true,
  });
  isEditing = false;

  /** @param onAdd somebody wants to add a control */
  constructor(saved: SavedPanel, onChange: () => void, onAdd: () => void) {
    this.#saved = saved;
    this.toggle = h('button', { type: 'button', 'aria-pressed': 'false' }, t('Edit'));
    this.toggle.addEventListener('click', () => {
      this.isEditing = !this.isEditing;
      setText(this.toggle, this.isEditing ? t('Done') : t('Edit'));
      setAttribute(this.toggle, 'aria-pressed', String(this.isEditing));
      setAttribute(this.element, 'hidden', this.isEditing ? undefined : '');
      setText(this.#words, '');
      onChange();
    });
    this.#file.addEventListener('change', () => void this.#import());
    this.element = h(
      'div',
      { class: 'edit-bar', hidden: true },
      h(
        'p',
        { class: 'hint' },
        t('Move things by their handles, with the arrow keys or by dragging. Hidden things are shown pale.'),
      ),
      h('button', { type: 'button', onclick: onAdd }, t('Add a control')),
      h('button', { type: 'button', onclick: () => this.#export() }, t('Export')),
      h('button', { type: 'button', onclick: () => this.#file.click() }, t('Import')),
      this.#file,
      this.#words,
    );
  }

  #export(): void {
    const text = JSON.stringify({ format: FORMAT, panel: this.#saved.content }, null, 1);
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    h('a', { href: url, download: 'panel-export.json' }).click();
    setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
  }

  async #import(): Promise<void> {
    const file = this.#file.files?.[0];
    if (file === undefined) return;
    this.#file.value = '';
    try {
      const panel = readExport(await file.text());
      const result = await this.#saved.replace(panel);
      setText(
        this.#words,
        result.isSaved
          ? t('Imported {name}. {notice}', { name: file.name, notice: result.notice })
          : result.problem,
      );
    } catch (error) {
      setText(this.#words, `${file.name}: ${failureText(error)}`);
    }
  }
}

/** @throws Error that says what is wrong with the file */
function readExport(text: string): JsonObject {
  const content: unknown = parseJson(text);
  if (!isObject(content) || content.format !== FORMAT || !isObject(content.panel))
    throw new Error(t('This is no file that a panel has exported.'));
  const known = readDocument(content.panel);
  return { ...content.panel, ...known };
}
