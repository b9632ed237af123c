import { EdgeScroll } from './edge-scroll.ts';

/** Where something was dropped. */
export interface Drop {
  roomId: string;
  /** Of all things in that room, in their new order. */
  ids: string[];
}

/**
 * Moves a slot with the pointer between the grids of rooms until it is let go; mouse, pen and finger. The page
 * scrolls where it comes near the top or bottom.
 * @param mayEnter whether things can be dropped in that room
 * @returns where it was dropped; undefined when it was called off
 */
export function dragSlot(
  slot: HTMLElement,
  down: PointerEvent,
  mayEnter: (roomId: string) => boolean,
): Promise<Drop | undefined> {
  slot.dataset.dragged = '';
  let at = down;
  const place = () => {
    const { clientX, clientY } = at;
    const under = document.elementFromPoint(clientX, clientY);
    const room = under?.closest<HTMLElement>('.room');
    const grid = room?.querySelector('.tiles');
    if (!room || !grid || !mayEnter(room.dataset.room ?? '')) return;
    const other = under?.closest<HTMLElement>('.slot');
    if (other === slot) return;
    if (!other) {
      if (slot.parentElement !== grid) grid.append(slot);
      return;
    }
    const isBefore = slot.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (isBefore && slot.parentElement === grid) other.after(slot);
    else other.before(slot);
  };
  const edges = new EdgeScroll(place);
  const move = (event: PointerEvent) => {
    if (event.pointerId !== down.pointerId) return;
    at = event;
    place();
    edges.follow(event.clientY);
  };
  // On the window: a handle that moves in the document loses the pointer, also one that it has captured.
  const listening = new AbortController();
  const { signal } = listening;
  return new Promise((resolve) => {
    const end = (drop: Drop | undefined) => {
      delete slot.dataset.dragged;
      listening.abort();
      edges.end();
      resolve(drop);
    };
    const on = (type: 'pointerup' | 'pointercancel', run: () => void) =>
      addEventListener(type, ({ pointerId }) => pointerId === down.pointerId && run(), { signal });
    addEventListener('pointermove', move, { signal });
    on('pointercancel', () => end(undefined));
    on('pointerup', () => {
      const room = slot.closest<HTMLElement>('.room');
      const slots = room ? [...room.querySelectorAll<HTMLElement>('.slot')] : [];
      const ids = slots.map(({ dataset }) => dataset.item ?? '');
      end(room ? { roomId: room.dataset.room ?? '', ids } : undefined);
    });
  });
}
