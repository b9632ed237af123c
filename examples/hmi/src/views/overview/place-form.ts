import type { JsonObject } from '../../saved/merge-patch.ts';
import type { Save } from '../../saved/panel-document.ts';
import { failureText } from '../../session/login-problem.ts';
import { type Room, roomIdOf } from '../../store/rooms.ts';
import { t } from '../../texts.ts';
import { h, setAttribute, setText } from '../../ui/dom.ts';
import { busyWith, field, hint, select } from '../../ui/form-parts.ts';
import { tell } from '../../ui/toast.ts';

/** What is named and placed: one thing, or a node with all that it measures. */
export interface PlaceTarget {
  section: 'items' | 'nodes';
  id: string;
  name: string;
  /** Id of the room; empty = none. */
  room: string;
  /** Id of the room that it is in without one of its own; empty = none. */
  usualRoom: string;
  isHidden: boolean;
}

type OfferedRoom = Pick<Room<never>, 'id' | 'name' | 'isThere'>;

export interface PlaceFormOptions {
  rooms: () => readonly OfferedRoom[];
  /** For a form that is opened now: how it saves. */
  begin: () => Save;
  /**
   * Fields above name and room, and what they change. When it `isGone`, somebody has removed it while the form was
   * open, with its name and room.
   */
  more?: { element: HTMLElement; patch: () => JsonObject; isGone: () => boolean };
  /** Fields below, and what they change of the thing itself. */
  extra?: { element: HTMLElement; change: () => JsonObject };
  /** It is saved; `notice` is what the person should know, or empty. */
  onSaved: (target: PlaceTarget, notice: string) => void;
}

const NEW_ROOM = '+';
let serial = 0;

/** Name, room and whether it is shown, for everybody who uses the panel. */
export class PlaceForm {
  readonly element: HTMLElement;
  readonly #options: PlaceFormOptions;
  readonly #number = ++serial;
  readonly #name = h('input', { type: 'text', maxlength: 60, id: `place-name-${this.#number}` });
  readonly #room = select(`place-room-${this.#number}`, []);
  readonly #newRoom = h('input', { type: 'text', maxlength: 40, id: `place-new-${this.#number}` });
  readonly #newRoomField = field(t('Name of the new room'), this.#newRoom);
  readonly #hidden = h('input', { type: 'checkbox' });
  readonly #hiddenLabel = h('label', { class: 'check' }, this.#hidden, t('Hide it from everybody'));
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #button = h('button', { type: 'submit', class: 'primary' }, t('Save'));
  #target: PlaceTarget | undefined;
  #begun: Save | undefined;

  constructor(options: PlaceFormOptions) {
    this.#options = options;
    this.#room.addEventListener('change', () => this.#showNewRoom());
    this.element = h(
      'form',
      { class: 'form', onsubmit: (event: Event) => this.#submit(event) },
      options.more?.element,
      field(t('Name'), this.#name),
      field(t('Room'), this.#room),
      this.#newRoomField,
      this.#hiddenLabel,
      options.extra?.element,
      hint(t('For everybody who uses this panel.')),
      this.#problem,
      h('div', { class: 'row end' }, this.#button),
    );
  }

  open(target: PlaceTarget): void {
    this.#target = target;
    this.#begun = this.#options.begin();
    const rooms = this.#rooms().map(({ id, name }) => [id, name] as const);
    // What has a usual room is never without one.
    const hasUsual = rooms.some(([id]) => id === target.usualRoom);
    const none = hasUsual ? [] : [['', t('No room yet')] as const];
    const choices = [...none, ...rooms, [NEW_ROOM, t('New room…')] as const];
    this.#room.replaceChildren(...choices.map(([value, text]) => h('option', { value }, text)));
    this.#name.value = target.name;
    this.#room.value = target.room;
    if (this.#room.selectedIndex < 0) this.#room.value = hasUsual ? target.usualRoom : '';
    this.#newRoom.value = '';
    this.#hidden.checked = target.isHidden;
    setAttribute(this.#hiddenLabel, 'hidden', target.section === 'items' ? undefined : '');
    setText(this.#problem, '');
    this.#showNewRoom();
  }

  /** Where naming begins. */
  focus(): void {
    this.#name.focus();
  }

  /** Those that are there, and where the target is or can go back to. */
  #rooms(): OfferedRoom[] {
    const { room, usualRoom } = this.#target ?? {};
    return this.#options.rooms().filter(({ id, isThere }) => isThere || id === room || id === usualRoom);
  }

  #showNewRoom(): void {
    const isNew = this.#room.value === NEW_ROOM;
    this.#newRoomField.hidden = !isNew;
    this.#newRoom.required = isNew;
    if (isNew) this.#newRoom.focus();
  }

  #submit(event: Event): void {
    event.preventDefault();
    const target = this.#target;
    const save = this.#begun;
    if (target && save) void busyWith(this.#button, () => this.#save(target, save));
  }

  async #save(target: PlaceTarget, save: Save): Promise<void> {
    setText(this.#problem, '');
    const notice = this.#existingRoom();
    try {
      const result = await save(this.#patch(target));
      if (!result.isSaved) {
        setText(this.#problem, result.problem);
        return;
      }
      if (notice !== '') tell(notice);
      this.#options.onSaved(target, result.notice);
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }

  /** For who asks for a new room with the name of one that is there. */
  #existingRoom(): string {
    const id = roomIdOf(this.#newRoom.value);
    const room = this.#rooms().find((other) => other.id === id)?.name;
    if (this.#room.value !== NEW_ROOM || room === undefined) return '';
    return t('There is a room {room} already: it was put there.', { room });
  }

  /** Only what was changed: what others change meanwhile stays. */
  #patch(target: PlaceTarget): JsonObject {
    const gone = this.#options.more?.isGone() && { name: '', room: '', isHidden: false };
    const { section, id, name, room, usualRoom, isHidden } = { ...target, ...gone };
    const wish: JsonObject = {};
    const patch: JsonObject = { [section]: { [id]: wish } };
    const given = this.#name.value.trim();
    if (given !== name) wish.name = given === '' ? null : given;
    const newName = this.#newRoom.value.trim();
    const isNew = this.#room.value === NEW_ROOM && newName !== '';
    const chosen = isNew ? roomIdOf(newName) : this.#room.value;
    const known = this.#rooms().some((other) => other.id === chosen);
    if (isNew && !known) patch.rooms = { [chosen]: { name: newName } };
    const isUsual = chosen === '' || chosen === usualRoom;
    if (chosen !== room) Object.assign(wish, { room: isUsual ? null : chosen, order: null });
    if (section === 'nodes') delete wish.order;
    if (this.#hidden.checked !== isHidden) wish.isHidden = this.#hidden.checked ? true : null;
    Object.assign(wish, this.#options.extra?.change());
    return { ...patch, ...this.#options.more?.patch() };
  }
}
