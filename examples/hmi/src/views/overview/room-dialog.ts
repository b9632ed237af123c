import type { JsonObject } from '../../saved/merge-patch.ts';
import type { PanelDocument, Save } from '../../saved/panel-document.ts';
import { failureText } from '../../session/login-problem.ts';
import { removalOf } from '../../store/rooms.ts';
import { t } from '../../texts.ts';
import { h, ROOM_ICONS, setAttribute, setText } from '../../ui/dom.ts';
import { confirmButton, dialogWith, field, hint, openDialog, select } from '../../ui/form-parts.ts';

type Listed = { id: string; name: string; icon: string; isMade: boolean };

export interface RoomDialogOptions {
  rooms: () => readonly Listed[];
  document: () => PanelDocument;
  /** For a form that is opened now: how it saves. */
  begin: () => Save;
}

/** In the place of a room before the first one. */
const NONE = '';

/** Name, icon and place of a room. */
export class RoomDialog {
  readonly element: HTMLDialogElement;
  readonly #options: RoomDialogOptions;
  readonly #name = h('input', { type: 'text', maxlength: 40, id: 'room-name', required: true });
  readonly #icon = select('room-icon', [
    ['', t('None')],
    ...ROOM_ICONS.map((name) => [name, t(name[0]?.toUpperCase() + name.slice(1))] as const),
  ]);
  readonly #place = select('room-place', []);
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #remove = h(
    'div',
    { class: 'form' },
    hint(t('What is in a room that is removed goes back to where it was found.')),
    h(
      'div',
      { class: 'row' },
      confirmButton(t('Remove'), t('this room'), () => void this.#delete()),
    ),
  );
  #room: Listed | undefined;
  /** Id of the room before it, when it was opened. */
  #before = NONE;
  #save: Save | undefined;

  constructor(options: RoomDialogOptions) {
    this.#options = options;
    this.element = dialogWith(
      h('h3', { id: 'room-title' }, t('Room')),
      h(
        'form',
        { class: 'form', onsubmit: (event: Event) => void this.#submit(event) },
        field(t('Name'), this.#name),
        field(t('Icon'), this.#icon),
        field(t('Place'), this.#place),
        hint(t('For everybody who uses this panel.')),
        this.#problem,
        h('div', { class: 'row end' }, h('button', { type: 'submit', class: 'primary' }, t('Save'))),
      ),
      this.#remove,
    );
  }

  open(id: string): void {
    const rooms = this.#options.rooms();
    const at = rooms.findIndex((room) => room.id === id);
    this.#room = rooms[at];
    if (this.#room === undefined) return;
    const others = rooms.filter((room) => room.id !== id);
    const places = others.map(({ id: other, name }) => [other, t('After {name}', { name })] as const);
    this.#place.replaceChildren(
      ...[[NONE, t('First')] as const, ...places].map(([value, text]) => h('option', { value }, text)),
    );
    this.#before = rooms[at - 1]?.id ?? NONE;
    this.#place.value = this.#before;
    this.#save = this.#options.begin();
    this.#name.value = this.#room.name;
    this.#icon.value = this.#room.icon;
    setText(this.#problem, '');
    setAttribute(this.#remove, 'hidden', this.#room.isMade ? undefined : '');
    openDialog(this.element);
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    const room = this.#room;
    if (room === undefined) return;
    const wish: JsonObject = {};
    const rooms: JsonObject = { [room.id]: wish };
    if (this.#name.value.trim() !== room.name) wish.name = this.#name.value.trim();
    if (this.#icon.value !== room.icon) wish.icon = this.#icon.value || null;
    if (this.#place.value !== this.#before) {
      const ids = this.#options.rooms().flatMap(({ id }) => (id === room.id ? [] : [id]));
      ids.splice(ids.indexOf(this.#place.value) + 1, 0, room.id);
      ids.forEach((id, order) => {
        rooms[id] = id === room.id ? { ...wish, order } : { order };
      });
    }
    await this.#change({ rooms });
  }

  async #delete(): Promise<void> {
    if (this.#room) await this.#change(removalOf(this.#room.id, this.#options.document()));
  }

  async #change(patch: JsonObject): Promise<void> {
    if (this.#save === undefined) return;
    try {
      const result = await this.#save(patch);
      if (result.isSaved) this.element.close();
      else setText(this.#problem, result.problem);
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }
}
