import { h, ROOM_ICONS, setText } from './dom.ts';
import { dialogWith, field, hint, select } from './form-parts.ts';
import { failureText } from './login-problem.ts';
import type { JsonObject } from './merge-patch.ts';
import type { SaveResult } from './panel-document.ts';
import { t } from './texts.ts';

type Listed = { id: string; name: string; icon: string };

/** Name, icon and place of a room. */
export class RoomDialog {
  readonly element: HTMLDialogElement;
  readonly #rooms: () => readonly Listed[];
  readonly #save: (patch: JsonObject) => Promise<SaveResult>;
  readonly #name = h('input', { type: 'text', maxlength: 40, id: 'room-name', required: true });
  readonly #icon = select('room-icon', [
    ['', t('None')],
    ...ROOM_ICONS.map((name) => [name, t(name[0]?.toUpperCase() + name.slice(1))] as const),
  ]);
  readonly #place = select('room-place', []);
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  #room: Listed | undefined;

  constructor(rooms: () => readonly Listed[], save: (patch: JsonObject) => Promise<SaveResult>) {
    this.#rooms = rooms;
    this.#save = save;
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
    );
  }

  open(id: string): void {
    const rooms = this.#rooms();
    const at = rooms.findIndex((room) => room.id === id);
    this.#room = rooms[at];
    if (this.#room === undefined) return;
    const others = rooms.filter((room) => room.id !== id);
    const places = [t('First'), ...others.map(({ name }) => t('After {name}', { name }))];
    this.#place.replaceChildren(...places.map((text, i) => h('option', { value: i }, text)));
    this.#place.value = String(at);
    this.#name.value = this.#room.name;
    this.#icon.value = this.#room.icon;
    setText(this.#problem, '');
    this.element.showModal();
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    const room = this.#room;
    if (room === undefined) return;
    const all = this.#rooms();
    const wish: JsonObject = {};
    const rooms: JsonObject = { [room.id]: wish };
    if (this.#name.value.trim() !== room.name) wish.name = this.#name.value.trim();
    if (this.#icon.value !== room.icon) wish.icon = this.#icon.value || null;
    const to = Number(this.#place.value);
    if (to !== all.findIndex(({ id }) => id === room.id)) {
      const ids = all.map(({ id }) => id).filter((id) => id !== room.id);
      ids.splice(to, 0, room.id);
      ids.forEach((id, order) => {
        rooms[id] = id === room.id ? { ...wish, order } : { order };
      });
    }
    try {
      const result = await this.#save({ rooms });
      if (result.isSaved) this.element.close();
      else setText(this.#problem, result.problem);
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }
}
