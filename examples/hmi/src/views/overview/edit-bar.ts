import { fewOf, readStrictJson } from '../../saved/json.ts';
import { diff, isObject, type JsonObject } from '../../saved/merge-patch.ts';
import type { Save } from '../../saved/panel-document.ts';
import type { SavedPanel } from '../../saved/saved-panel.ts';
import { failureText } from '../../session/login-problem.ts';
import { t } from '../../texts.ts';
import { h, setAttribute, setText } from '../../ui/dom.ts';

const FORMAT = 'vscp-panel';
const RELEASE_MS = 60_000;
/** What people set up. The alarms that ring are none of it: they are of the moment. */
const SET_UP = ['rooms', 'items', 'nodes', 'controls'];
const ALARMS = 'alarms';

/** A file that was chosen, and what of it is to be set up. */
interface Taken {
  name: string;
  panel: JsonObject;
  save: Save;
}

/** Begins and ends the editing of the overview; takes what was set up out as a file, and in again. */
export class EditBar {
  readonly toggle: HTMLButtonElement;
  readonly element: HTMLElement;
  /** What of the saved panel cannot be used, for those who can mend it. */
  readonly problems = h('p', { class: 'hint', role: 'status', hidden: true });
  readonly #saved: SavedPanel;
  readonly #words = h('p', { class: 'hint', role: 'status' });
  readonly #file = h('input', {
    type: 'file',
    accept: '.json,application/json',
    hidden: true,
  });
  readonly #choose = h('button', { type: 'button', onclick: () => this.#file.click() }, t('Import'));
  readonly #question = h('p', { role: 'alert' });
  readonly #replace = h('button', { type: 'button', class: 'danger', onclick: () => void this.#import() });
  readonly #asking: HTMLElement;
  #taken: Taken | undefined;
  isEditing = false;

  /** @param onAdd somebody wants to add a control, or a scene */
  constructor(saved: SavedPanel, onChange: () => void, onAdd: (isScene: boolean) => void) {
    this.#saved = saved;
    this.toggle = h('button', { type: 'button', class: 'edit-toggle', 'aria-pressed': 'false' }, t('Edit'));
    this.toggle.addEventListener('click', () => {
      this.isEditing = !this.isEditing;
      setText(this.toggle, this.isEditing ? t('Done') : t('Edit'));
      setAttribute(this.toggle, 'aria-pressed', String(this.isEditing));
      setAttribute(this.element, 'hidden', this.isEditing ? undefined : '');
      setText(this.#words, '');
      this.#ask(undefined);
      onChange();
      // Back at the top of the page: who uses the keyboard goes on there, others where they are.
      if (this.toggle.matches(':focus-visible')) this.toggle.scrollIntoView({ block: 'nearest' });
    });
    this.#file.addEventListener('change', () => void this.#take());
    setText(this.#replace, t('Replace'));
    const cancel = h('button', { type: 'button', onclick: () => this.#answer() }, t('Cancel'));
    this.#asking = h('div', { class: 'row', hidden: true }, this.#question, this.#replace, cancel);
    this.element = h(
      'div',
      { class: 'edit-bar', hidden: true },
      h(
        'p',
        { class: 'hint' },
        t(
          'Move things by their handles, with the arrow keys or by dragging; favourites in their rooms. Hidden things are shown pale.',
        ),
      ),
      h('button', { type: 'button', onclick: () => onAdd(false) }, t('Add a control')),
      h('button', { type: 'button', onclick: () => onAdd(true) }, t('Add a scene')),
      h('button', { type: 'button', onclick: () => this.#export() }, t('Export')),
      this.#choose,
      this.#file,
      this.#asking,
      this.#words,
    );
  }

  tellProblems(): void {
    const { problems } = this.#saved.document;
    this.problems.hidden = problems.length === 0;
    setText(this.problems, [t('Not used of what was saved:'), ...fewOf(problems)].join(' '));
  }

  #export(): void {
    const text = JSON.stringify({ format: FORMAT, panel: setUpOf(this.#saved.content) }, null, 1);
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    h('a', { href: url, download: 'panel-export.json' }).click();
    setTimeout(() => URL.revokeObjectURL(url), RELEASE_MS);
  }

  /** Reads the file, and asks before anything is replaced. */
  async #take(): Promise<void> {
    const file = this.#file.files?.[0];
    if (file === undefined) return;
    this.#file.value = '';
    setText(this.#words, '');
    this.#ask(undefined);
    try {
      const panel = await readExport(await file.text());
      const save = this.#saved.begin();
      this.#ask({ name: file.name, panel, save });
    } catch (error) {
      setText(this.#words, `${file.name}: ${failureText(error)}`);
    }
  }

  #ask(taken: Taken | undefined): void {
    this.#taken = taken;
    this.#asking.hidden = taken === undefined;
    if (taken === undefined) return;
    const gone = countGone(this.#patchTo(taken), this.#saved.content);
    const question = t('{name} takes the place of all that is set up. Things that go: {n}', {
      name: taken.name,
      n: gone,
    });
    setText(this.#question, question);
    this.#replace.focus();
  }

  #patchTo({ panel }: Taken): JsonObject {
    return diff(setUpOf(this.#saved.content), panel);
  }

  /** The question goes, and with it the button that has the focus. */
  #answer(): void {
    this.#ask(undefined);
    this.#choose.focus();
  }

  async #import(): Promise<void> {
    const taken = this.#taken;
    this.#answer();
    if (taken === undefined) return;
    const { name, save } = taken;
    try {
      // What others added meanwhile has to go too, or they are told of.
      await this.#saved.refresh();
      const result = await save(this.#patchTo(taken));
      if (!result.isSaved) this.#ask(taken);
      setText(
        this.#words,
        result.isSaved ? t('Imported {name}. {notice}', { name, notice: result.notice }) : result.problem,
      );
    } catch (error) {
      setText(this.#words, `${name}: ${failureText(error)}`);
    }
  }
}

function setUpOf({ [ALARMS]: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** How many rooms, names, places and controls a patch takes away. */
function countGone(patch: JsonObject, content: JsonObject): number {
  return SET_UP.reduce((sum, section) => {
    const [entries, change] = [content[section], patch[section]];
    if (!isObject(entries) || change === undefined) return sum;
    const gone = isObject(change) ? Object.keys(change).filter((key) => change[key] === null) : entries;
    return sum + Object.keys(gone).length;
  }, 0);
}

/** @throws Error that says what is wrong with the file */
async function readExport(text: string): Promise<JsonObject> {
  const content = await readStrictJson(text);
  const panel = isObject(content) && content.format === FORMAT ? content.panel : undefined;
  const isWhole = isObject(panel) && SET_UP.every((section) => isObject(panel[section] ?? {}));
  if (!isWhole) throw new Error(t('This is no file that a panel has exported.'));
  return setUpOf(panel);
}
