import type { JsonObject } from '../saved/merge-patch.ts';
import type { ItemWish, PanelDocument } from '../saved/panel-document.ts';
import { locale, t } from '../texts.ts';

/** Something that has a place in a room: a value or a switch. */
export interface Placeable {
  /** `v:` and the series key, or `s:` and the address of the switch. */
  id: string;
  /** GUID of the node; empty for switches. */
  guid: string;
  title: string;
  /** Order among the things of a node. */
  rank: number;
  /** Name of the room where it belongs as long as nobody says otherwise, or empty. */
  usualRoom: string;
}

export interface Room<Item extends Placeable> {
  id: string;
  name: string;
  icon: string;
  /** Somebody made it, so somebody can remove it; others are there as long as a zone or a node has that name. */
  isMade: boolean;
  /** Somebody made it, or something is in it. Others have no more than a name, as of a node that was put elsewhere. */
  isThere: boolean;
  items: Item[];
}

/** Ids that no room has. */
export const UNPLACED = 'unplaced';
export const FAVOURITES = 'favourites';
/** The usual room of scenes: they were made, not found. Its id is the same in every language. */
export const SCENES = 'Scenes';
const LAST = Number.MAX_SAFE_INTEGER;
const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });

/** Rooms that nobody made have their name for an id: a room keeps its things when it is renamed. */
export function roomIdOf(name: string): string {
  return name.trim().toLowerCase();
}

export interface RoomOptions<Item> {
  document: PanelDocument;
  favourites: ReadonlySet<string>;
  /** Whether hidden things are shown too. */
  withHidden: boolean;
  /** Whether rooms that somebody made are shown with nothing in them. */
  withEmpty: boolean;
  fits: (item: Item, roomName: string) => boolean;
}

/** The id of the room that a thing is in as long as it is not placed by itself, or empty. */
export function usualPlaceOf({ guid, usualRoom }: Placeable, { nodes }: PanelDocument): string {
  return nodes[guid]?.room ?? roomIdOf(usualRoom);
}

/** The id of the room that a thing is in, or empty. */
export function placeOf(thing: Placeable, document: PanelDocument): string {
  return document.items[thing.id]?.room ?? usualPlaceOf(thing, document);
}

/** All rooms that things can be in, in their order. */
export function listRooms(
  things: Iterable<Placeable>,
  document: PanelDocument,
): Omit<Room<never>, 'items'>[] {
  const { rooms } = document;
  const names = new Map<string, string>();
  const usual = new Set<string>();
  const used = new Set<string>();
  for (const thing of things) {
    const { usualRoom } = thing;
    used.add(placeOf(thing, document));
    const name = usualRoom === SCENES ? t(SCENES) : usualRoom;
    if (usualRoom === '') continue;
    names.set(roomIdOf(usualRoom), name);
    usual.add(roomIdOf(usualRoom));
  }
  for (const [id, { name }] of Object.entries(rooms)) names.set(id, name ?? names.get(id) ?? id);
  return [...names]
    .map(([id, name]) => {
      // One that has just an order or an icon was there of itself.
      const isMade = !usual.has(id) && rooms[id]?.name !== undefined;
      return { id, name, icon: rooms[id]?.icon ?? '', isMade, isThere: isMade || used.has(id) };
    })
    .sort(
      (a, b) =>
        (rooms[a.id]?.order ?? LAST) - (rooms[b.id]?.order ?? LAST) || collator.compare(a.name, b.name),
    );
}

/** Rooms with what is in them: favourites, which are in their rooms too, first; what has no place yet last. */
export function arrangeRooms<Item extends Placeable>(
  things: readonly Item[],
  { document, favourites, withHidden, withEmpty, fits }: RoomOptions<Item>,
): Room<Item>[] {
  const rooms: Room<Item>[] = [
    { id: FAVOURITES, name: t('Favourites'), icon: 'star', isMade: false, isThere: true, items: [] },
    ...listRooms(things, document).map((room) => ({ ...room, items: [] })),
    { id: UNPLACED, name: t('Found, not placed yet'), icon: '', isMade: false, isThere: true, items: [] },
  ];
  const byId = new Map(rooms.map((room) => [room.id, room]));
  const unplaced = byId.get(UNPLACED);
  for (const item of things) {
    const wish = document.items[item.id];
    if (wish?.isHidden && !withHidden) continue;
    const home = byId.get(placeOf(item, document)) ?? unplaced;
    if (!fits(item, home?.name ?? '')) continue;
    home?.items.push(item);
    if (favourites.has(item.id)) byId.get(FAVOURITES)?.items.push(item);
  }
  for (const { items } of rooms) items.sort((a, b) => compare(a, b, document.items));
  return rooms.filter(({ items, isMade }) => items.length > 0 || (withEmpty && isMade));
}

function compare(a: Placeable, b: Placeable, wishes: Record<string, ItemWish>): number {
  return (
    (wishes[a.id]?.order ?? LAST) - (wishes[b.id]?.order ?? LAST) ||
    collator.compare(a.guid, b.guid) ||
    a.rank - b.rank ||
    collator.compare(a.title, b.title) ||
    (a.id < b.id ? -1 : 1)
  );
}

/** The wishes after one thing was moved so many places among those of its room. */
export function moved(ids: readonly string[], id: string, to: number): Record<string, { order: number }> {
  const rest = ids.filter((other) => other !== id);
  rest.splice(Math.max(0, Math.min(rest.length, to)), 0, id);
  return Object.fromEntries(rest.map((other, order) => [other, { order }]));
}

/** What takes a room away; what was placed in it goes back to where it was found. */
export function removalOf(id: string, { items, nodes }: PanelDocument): JsonObject {
  const placed = (things: Record<string, { room?: string }>, gone: JsonObject) =>
    Object.fromEntries(
      Object.entries(things).flatMap(([key, { room }]) => (room === id ? [[key, gone]] : [])),
    );
  return {
    rooms: { [id]: null },
    items: placed(items, { room: null, order: null }),
    nodes: placed(nodes, { room: null }),
  };
}
