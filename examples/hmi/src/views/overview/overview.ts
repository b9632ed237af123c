import type { AlarmMark } from '../../alarms/alarm-board.ts';
import type { Control } from '../../controls/board.ts';
import type { ControlDialog, ControlDialogOptions } from '../../controls/control-dialog.ts';
import { SCENE } from '../../controls/kinds.ts';
import { TURN } from '../../controls/on-off.ts';
import type { Thing } from '../../controls/steps-form.ts';
import type { JsonObject } from '../../saved/merge-patch.ts';
import { readDocument } from '../../saved/panel-document.ts';
import type { SavedPanel } from '../../saved/saved-panel.ts';
import { failureText } from '../../session/login-problem.ts';
import { Favourites } from '../../store/favourites.ts';
import { type Item, listItems, seriesId, switchItem } from '../../store/items.ts';
import type { LastingHistory } from '../../store/lasting-history.ts';
import { pastOf } from '../../store/past.ts';
import {
  arrangeRooms,
  FAVOURITES,
  listRooms,
  moved,
  placeOf,
  type Room,
  UNPLACED,
  usualPlaceOf,
} from '../../store/rooms.ts';
import type { SeriesNames } from '../../store/series-names.ts';
import type { Store } from '../../store/store.ts';
import type { SwitchInfo } from '../../store/switches.ts';
import { t } from '../../texts.ts';
import { h, keepFocus, setAttribute, setChildren, setText } from '../../ui/dom.ts';
import { Pace } from '../../ui/pace.ts';
import type { View } from '../../ui/view.ts';
import type { SwitchControl } from '../switch-control.ts';
import { dragSlot } from './drag.ts';
import { EditBar } from './edit-bar.ts';
import { FoundNodes, NodeDialog } from './found-nodes.ts';
import { type DetailsPage, ItemDialog } from './item-dialog.ts';
import { ItemSlot } from './item-slot.ts';
import type { PlaceFormOptions, PlaceTarget } from './place-form.ts';
import { RoomDialog } from './room-dialog.ts';
import { RoomSection } from './room-section.ts';

const MAX_SLOTS = 250;
/** Of them, those for what has no place yet, which comes last: a new sensor is to be seen in a big house too. */
const FOUND_SLOTS = 50;
/** What a frame gives a place to, in such as there were before; more at once would hold what the user does meanwhile. */
const PLACED_A_FRAME = 24;
/** What making one takes, about 2 ms on a slow phone, in those that are only put back. */
const NEW_SLOT = 2;
/** What a frame may take for bringing slots up to date; the rest comes in the next ones. */
const FRAME_MS = 2;
const SWEEP_INTERVAL_MS = 1000;
const NOTHING_SAVED = readDocument({});

export interface OverviewOptions {
  store: Store;
  names: SeriesNames;
  /** Undefined: the server keeps no lasting history. */
  history: LastingHistory | undefined;
  isOffline: () => boolean;
  request: () => void;
  /** Whether this user may see anything at all. */
  mayReceive: boolean;
  control: SwitchControl;
  /** Does something with a control that somebody set up. */
  runControl: (control: Control, action: string, value?: number) => void;
  /** What a value shows of its limit. */
  markOf: (id: string) => AlarmMark | undefined;
  /** What everybody shares; undefined when the server keeps nothing. */
  saved: SavedPanel | undefined;
  /** Whether this user may change that. */
  mayEdit: boolean;
}

/** All values and switches, by rooms. A frame touches only the tiles whose series changed. */
export class Overview implements View, DetailsPage {
  readonly element: HTMLElement;
  readonly #options: OverviewOptions;
  /** In their rooms, by the ids of what is in them. */
  readonly #slots = new Map<string, ItemSlot>();
  /** Of the same things, those that come first. */
  readonly #favouriteSlots = new Map<string, ItemSlot>();
  readonly #sections = new Map<string, RoomSection>();
  readonly #house = h('div', { class: 'house' });
  readonly #empty = h('p', { class: 'empty' });
  readonly #more = h('p', { class: 'hint', hidden: true });
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  readonly #search = h('input', {
    type: 'search',
    placeholder: t('Filter by name, room or node'),
    'aria-label': t('Filter tiles by name, room or node'),
  });
  /** Of what is on this page or another. */
  readonly details: ItemDialog;
  readonly #roomDialog: RoomDialog | undefined;
  /** Undefined for those who may not edit. */
  readonly nodeDialog: NodeDialog | undefined;
  readonly #placing: PlaceFormOptions | undefined;
  #controlDialog: ControlDialog | undefined;
  readonly #found: FoundNodes;
  readonly #editBar: EditBar | undefined;
  readonly #favourites = new Favourites();
  readonly #sweepPace = new Pace(SWEEP_INTERVAL_MS);
  /** Slots that are not up to date. */
  readonly #due = new Set<ItemSlot>();
  /** What was just placed: shown where it is now. */
  #placed: PlaceTarget | undefined;
  #rooms: Room<Item>[] = [];
  /** How many values and switches there were when it was last arranged. */
  #known = 0;
  #order = '';
  #isRearranged = true;
  /** Slots that have their place on the page. */
  #ready = new Set<ItemSlot>();
  /** Some things have no place yet. */
  #isFilling = false;
  #hasFilled = false;
  #isDragging = false;
  #wasOffline = false;

  constructor(options: OverviewOptions) {
    this.#options = options;
    const { store, names, history, request, saved, mayEdit } = options;
    const rooms = () => listRooms(this.#items(), this.#document);
    const onSaved = (target: PlaceTarget, notice: string) => this.placed(target, notice);
    const place = mayEdit && saved ? { rooms, begin: () => saved.begin(), onSaved } : undefined;
    this.#placing = place;
    this.details = new ItemDialog({
      store,
      names,
      ...{ history, request, place },
      targetOf: (item) => ({
        section: 'items',
        id: item.id,
        name: item.title,
        room: placeOf(item, this.#document),
        usualRoom: usualPlaceOf(item, this.#document),
        isHidden: this.#document.items[item.id]?.isHidden ?? false,
      }),
      limitOf: ({ id }) => this.#document.items[id]?.limit,
      onChange: () => this.rearrange(),
      setUp: place && ((item) => void this.#openControl(item)),
      placeNode: place && ((guid) => this.nodeDialog?.open(guid, this)),
      favourites: this.#favourites,
    });
    this.#roomDialog =
      place &&
      new RoomDialog({
        ...place,
        rooms: () => rooms().filter(({ isThere }) => isThere),
        document: () => this.#document,
      });
    this.nodeDialog = place && new NodeDialog({ ...place, wishOf: (guid) => this.#document.nodes[guid] });
    this.#found = new FoundNodes({
      onPlace: (guid) => this.nodeDialog?.open(guid, this),
      onShow: () => this.#sections.get(UNPLACED)?.show(),
    });
    this.#editBar =
      place &&
      saved &&
      new EditBar(
        saved,
        () => this.rearrange(),
        (isScene) => void this.#openControl(undefined, isScene),
      );
    this.#search.addEventListener('input', () => this.rearrange());
    this.element = h(
      'section',
      { class: 'page', 'aria-labelledby': 'overview-title' },
      h(
        'header',
        { class: 'page-head' },
        h('h2', { id: 'overview-title' }, t('Overview')),
        this.#found.notice,
        this.#search,
        this.#editBar?.toggle,
      ),
      options.control.whyNot !== '' && h('p', { class: 'hint why-not' }, options.control.whyNot),
      this.#editBar?.problems,
      this.#editBar?.element,
      this.#problem,
      this.#empty,
      this.#house,
      this.#more,
      this.#roomDialog?.element,
    );
  }

  render(now: number): void {
    const { store } = this.#options;
    const isOffline = this.#options.isOffline();
    const isSweep = this.#sweepPace.isDue(now) || this.#isRearranged || isOffline !== this.#wasOffline;
    this.#wasOffline = isOffline;
    // Places and values in turn: what lies outside the tiles has the browser lay out the whole page.
    const isFillTurn = this.#isFilling && !this.#hasFilled;
    const hasNew = this.#count() !== this.#known;
    this.#hasFilled = !this.#isDragging && (isSweep || hasNew || isFillTurn);
    if (this.#hasFilled) {
      if (isSweep || hasNew) this.#arrange();
      else this.#fill();
    }
    for (const slots of [this.#slots, this.#favouriteSlots]) {
      for (const series of store.changed) {
        const slot = slots.get(seriesId(series));
        if (slot === undefined) continue;
        slot.hasNews = true;
        this.#due.add(slot);
      }
      for (const slot of slots.values())
        if (isSweep || slot.item.info || slot.item.control) this.#due.add(slot);
    }
    store.changed.clear();
    if (!isSweep && !this.#hasFilled) this.#renderDue(now, isOffline);
    if (this.#due.size > 0 || this.#isFilling) this.#options.request();
    this.details.render(now);
    if (!isSweep) return;
    for (const room of this.#rooms) this.#sections.get(room.id)?.render(room, store, now);
    this.#showPlaced();
  }

  /** Something rings, or does no more. */
  renewMarks(): void {
    for (const slots of [this.#slots, this.#favouriteSlots])
      for (const slot of slots.values()) this.#due.add(slot);
    this.#options.request();
  }

  leave(): void {
    this.#ready.clear();
    this.#order = '';
    for (const { grid } of this.#sections.values()) grid.replaceChildren();
    this.#house.replaceChildren();
    this.rearrange();
  }

  placed(target: PlaceTarget, notice: string): void {
    this.#placed = target;
    setText(this.#problem, notice);
    this.rearrange();
  }

  /** A switch with the name that people gave it. */
  itemOf(info: SwitchInfo): Item {
    return switchItem(info, this.#options.store, this.#document);
  }

  #showPlaced(): void {
    const { section, id } = this.#placed ?? {};
    this.#placed = undefined;
    const isPlaced = ({ item, element }: ItemSlot) =>
      element.isConnected && (section === 'nodes' ? item.guid : item.id) === id;
    [...this.#slots.values()].find(isPlaced)?.show();
  }

  rearrange(): void {
    this.#isRearranged = true;
    this.#options.request();
  }

  get #document() {
    return this.#options.saved?.document ?? NOTHING_SAVED;
  }

  /** What the viewer looks for; empty for everything. */
  get #filter(): string {
    return this.#search.value.trim().toLowerCase();
  }

  #items(): Item[] {
    return listItems(this.#options.store, this.#options.names, this.#document);
  }

  /** Those that have waited longest come first. */
  #renderDue(now: number, isOffline: boolean): void {
    const until = performance.now() + FRAME_MS;
    for (const slot of [...this.#due]) {
      this.#due.delete(slot);
      const isShown = slot.element.isConnected;
      if (isShown && slot.render(now, isOffline, this.#options.control.whyNot)) this.#due.add(slot);
      if (performance.now() > until) return;
    }
  }

  /** How many values and switches there are. */
  #count(): number {
    const { series, switches, controls } = this.#options.store;
    return series.size + switches.switches.size + controls.controls.size;
  }

  /** Puts everything that fits the filter into its room. */
  #arrange(): void {
    this.#known = this.#count();
    this.#editBar?.tellProblems();
    const wanted = this.#filter;
    const isEditing = this.#editBar?.isEditing ?? false;
    this.#isRearranged = false;
    this.#rooms = arrangeRooms(this.#items(), {
      document: this.#document,
      favourites: this.#favourites.ids,
      withHidden: isEditing,
      withEmpty: isEditing && wanted === '',
      fits: ({ title, series, guid }, room) =>
        `${title} ${room} ${series?.node ?? ''} ${guid}`.toLowerCase().includes(wanted),
    });
    this.#renderCounts(this.#rooms.reduce((sum, { items }) => sum + items.length, 0));
    this.#fill();
  }

  /** Each frame gives some more a place. */
  #fill(): void {
    const isEditing = this.#editBar?.isEditing ?? false;
    const found = this.#rooms.find(({ id }) => id === UNPLACED)?.items ?? [];
    this.#found.count(this.nodeDialog ? new Set(found.map(({ guid }) => guid)).size : 0);
    const kept = Math.min(found.length, FOUND_SLOTS);
    let left = MAX_SLOTS - kept;
    let budget = PLACED_A_FRAME;
    const mayShow = (slot: ItemSlot | undefined) => {
      if (slot && this.#ready.has(slot)) return true;
      budget -= slot ? 1 : NEW_SLOT;
      return budget >= 0;
    };
    const shown = this.#rooms.map((room) => {
      if (room.id === UNPLACED) left += kept;
      const items = room.items.slice(0, left);
      left -= items.length;
      const slots = this.#slotsOf(room.id);
      return { ...room, items: items.filter(({ id }) => mayShow(slots.get(id))) };
    });
    this.#isFilling = budget < 0;
    const before = this.#ready;
    this.#ready = new Set();
    for (const room of shown)
      for (const item of room.items) {
        const slot = this.#slotOf(room.id, item);
        slot.item = item;
        this.#ready.add(slot);
        if (!before.has(slot)) this.#due.add(slot);
      }
    const order = JSON.stringify([
      isEditing,
      this.#filter !== '',
      this.#options.saved?.document,
      shown.map(({ id, name, items }) => [id, name, items.map((item) => item.id)]),
    ]);
    if (order === this.#order) return;
    this.#order = order;
    keepFocus(this.#house, () => this.#place(shown, isEditing));
  }

  #place(rooms: readonly Room<Item>[], isEditing: boolean): void {
    const sections = rooms.filter(({ items, isMade }) => items.length > 0 || (isEditing && isMade));
    // The order is everybody's: it is not made from what this viewer alone sees side by side.
    const isFiltered = this.#filter !== '';
    for (const room of sections) {
      const section = this.#sectionOf(room.id);
      section.arrange(room, isEditing);
      const slots = room.items.map((item) => this.#slotOf(room.id, item));
      // A favourite is edited in its room.
      const isEdited = isEditing && room.id !== FAVOURITES;
      slots.forEach((slot, i) => {
        const place =
          isEdited && !isFiltered
            ? t('{n} of {all} in {room}', { n: i + 1, all: slots.length, room: room.name })
            : undefined;
        slot.arrange(isEdited ? { place } : undefined, this.#document.items[slot.item.id]?.isHidden ?? false);
      });
      const elements =
        room.id === UNPLACED && this.nodeDialog
          ? this.#found.withHeads(slots)
          : slots.map(({ element }) => element);
      setChildren(section.grid, elements);
    }
    const elements = sections.map(({ id }) => this.#sectionOf(id).element);
    setChildren(this.#house, elements);
  }

  #sectionOf(id: string): RoomSection {
    const known = this.#sections.get(id);
    if (known) return known;
    const section = new RoomSection(id, { onEdit: (roomId) => this.#roomDialog?.open(roomId) });
    this.#sections.set(id, section);
    return section;
  }

  #slotsOf(roomId: string): Map<string, ItemSlot> {
    return roomId === FAVOURITES ? this.#favouriteSlots : this.#slots;
  }

  #slotOf(roomId: string, item: Item): ItemSlot {
    const slots = this.#slotsOf(roomId);
    const known = slots.get(item.id);
    if (known) return known;
    const slot = new ItemSlot(item, {
      store: this.#options.store,
      markOf: this.#options.markOf,
      onPick: (picked) => this.#edit(picked),
      onDetails: (shown) => this.details.open(shown, this),
      onToggle: ({ info }) => info && void this.#options.control.toggle(info),
      onControl: this.#options.runControl,
      onStep: (stepped, by) => void this.#step(stepped, by),
      onGrab: (grabbed, event) => void this.#drag(grabbed, event),
    });
    slots.set(item.id, slot);
    return slot;
  }

  #edit(item: Item): void {
    if (item.control) {
      void this.#openControl(item);
      return;
    }
    this.details.open(item, this);
    this.details.showFields();
  }

  /** The editor of controls is loaded when somebody opens it. */
  async #openControl(item?: Item, isScene = false): Promise<void> {
    if (this.#placing === undefined) return;
    if (this.#controlDialog === undefined) {
      const loaded = await import('../../controls/control-dialog.ts').catch(() => undefined);
      setText(this.#problem, loaded === undefined ? t('This part could not be loaded.') : '');
      if (loaded === undefined) return;
      this.#controlDialog ??= new loaded.ControlDialog(this.#controlOptions(this.#placing));
      this.element.append(this.#controlDialog.element);
    }
    this.#controlDialog.open({
      id: item?.control?.id ?? crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? '',
      spec: item?.control?.spec,
      isScene,
      name: item?.title ?? '',
      room: item ? placeOf(item, this.#document) : '',
      usualRoom: item ? usualPlaceOf(item, this.#document) : '',
      isHidden: (item && this.#document.items[item.id]?.isHidden) ?? false,
      past: item && pastOf(item, this.#options.store),
      limit: item && this.#document.items[item.id]?.limit,
    });
  }

  #controlOptions(place: PlaceFormOptions): ControlDialogOptions {
    return {
      ...place,
      things: () => thingsOf(this.#items()),
      isSaved: (id) => id in this.#document.controls,
      serverTime: () => this.#options.store.clock.serverTime,
    };
  }

  async #step(item: Item, by: -1 | 1): Promise<void> {
    const homes = this.#rooms
      .filter(({ id }) => id !== FAVOURITES)
      .map(({ items }) => items.map(({ id }) => id));
    const ids = homes.find((home) => home.includes(item.id));
    if (ids === undefined) return;
    await this.#save({ items: moved(ids, item.id, ids.indexOf(item.id) + by) });
    this.#arrange();
    this.#slots.get(item.id)?.focusHandle();
  }

  async #drag(item: Item, event: PointerEvent): Promise<void> {
    const slot = this.#slots.get(item.id);
    if (slot === undefined || this.#isDragging) return;
    this.#isDragging = true;
    const drop = await dragSlot(slot.element, event, (id) => id !== FAVOURITES && id !== UNPLACED);
    if (drop && drop.roomId !== FAVOURITES && drop.roomId !== UNPLACED) {
      const items: Record<string, JsonObject> = moved(drop.ids, item.id, drop.ids.indexOf(item.id));
      if (placeOf(item, this.#document) !== drop.roomId)
        items[item.id] = { ...items[item.id], room: drop.roomId };
      await this.#save({ items });
    }
    this.#isDragging = false;
    // What was dragged lies where it was let go, wherever it belongs.
    this.#order = '';
    this.rearrange();
  }

  async #save(patch: JsonObject): Promise<void> {
    try {
      const result = await this.#options.saved?.save(patch);
      setText(this.#problem, result?.isSaved === false ? result.problem : (result?.notice ?? ''));
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }

  #renderCounts(found: number): void {
    const hidden = found - MAX_SLOTS;
    setAttribute(this.#more, 'hidden', hidden > 0 ? undefined : '');
    setText(this.#more, t('{hidden} more: narrow the filter to see them.', { hidden }));
    setAttribute(this.#empty, 'hidden', found > 0 ? '' : undefined);
    setText(
      this.#empty,
      !this.#options.mayReceive
        ? t('This user may not receive events, so there is nothing to see.')
        : this.#filter !== ''
          ? t('No measurement fits this filter.')
          : t('No measurement yet. Tiles appear here as soon as a sensor sends its first value.'),
    );
  }
}

/** What scenes can act on. */
function thingsOf(items: readonly Item[]): Thing[] {
  return items.flatMap(({ id, title, info, control }) => {
    if (control?.spec.kind === SCENE || (info === undefined && control === undefined)) return [];
    const actions = Object.entries(control?.kind.actions ?? TURN).map(([name, { label, value }]) => ({
      name,
      label,
      ...(control && value && { value: value(control.spec) }),
    }));
    return [{ id, title, actions }];
  });
}
