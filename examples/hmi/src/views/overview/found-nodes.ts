import { t } from '../../texts.ts';
import { h, setText } from '../../ui/dom.ts';
import { dialogWith, openDialog } from '../../ui/form-parts.ts';
import type { DetailsPage } from './item-dialog.ts';
import type { ItemSlot } from './item-slot.ts';
import { PlaceForm, type PlaceFormOptions } from './place-form.ts';

export interface FoundOptions {
  onPlace: (guid: string) => void;
  /** Somebody wants to see what has no place yet. */
  onShow: () => void;
}

/** Heads of nodes among what has no place yet: each with the button that names and places all that it measures. */
export class FoundNodes {
  /** For the top of the page: what has no place comes last, many screens further down. */
  readonly notice: HTMLButtonElement;
  readonly #onPlace: (guid: string) => void;
  readonly #heads = new Map<string, { element: HTMLElement; name: HTMLElement; button: HTMLButtonElement }>();

  constructor({ onPlace, onShow }: FoundOptions) {
    this.#onPlace = onPlace;
    this.notice = h('button', { type: 'button', hidden: true, onclick: onShow });
  }

  /** Tells how many nodes have no place yet; says nothing when there are none. */
  count(nodes: number): void {
    this.notice.hidden = nodes === 0;
    setText(this.notice, t('Found, not placed yet: {n}', { n: nodes }));
  }

  /** The slots' elements, with a head before those of each node. */
  withHeads(slots: readonly ItemSlot[]): HTMLElement[] {
    let last = '';
    return slots.flatMap(({ item, element }) => {
      const { guid, series } = item;
      if (guid === '' || guid === last) return [element];
      last = guid;
      return [this.#headOf(guid, series?.node ?? guid), element];
    });
  }

  #headOf(guid: string, node: string): HTMLElement {
    let head = this.#heads.get(guid);
    if (head === undefined) {
      const name = h('span', { class: 'found-name' });
      const onclick = () => this.#onPlace(guid);
      const button = h('button', { type: 'button', onclick }, t('Name and place'));
      const element = h('div', { class: 'found-head' }, name, button);
      head = { element, name, button };
      this.#heads.set(guid, head);
    }
    setText(head.name, node);
    head.button.setAttribute('aria-label', t('Name and place {node}', { node }));
    return head.element;
  }
}

export interface NodeDialogOptions extends Omit<PlaceFormOptions, 'onSaved'> {
  /** What is saved of a node. */
  wishOf: (guid: string) => { name?: string; room?: string } | undefined;
}

/** Names a node and puts it into a room; opened on whichever page. */
export class NodeDialog {
  readonly element: HTMLDialogElement;
  readonly #wishOf: NodeDialogOptions['wishOf'];
  readonly #guid = h('p', { class: 'guid' });
  readonly #form: PlaceForm;

  #page: DetailsPage | undefined;

  constructor({ wishOf, ...options }: NodeDialogOptions) {
    this.#wishOf = wishOf;
    this.#form = new PlaceForm({
      ...options,
      onSaved: (target, notice) => {
        this.element.close();
        this.#page?.placed(target, notice);
      },
    });
    this.element = dialogWith(
      h('h3', { id: 'node-title' }, t('Name and place')),
      this.#guid,
      this.#form.element,
    );
  }

  open(guid: string, page: DetailsPage): void {
    this.#page = page;
    if (this.element.parentElement !== page.element) page.element.append(this.element);
    setText(this.#guid, guid);
    const { name = '', room = '' } = this.#wishOf(guid) ?? {};
    this.#form.open({ section: 'nodes', id: guid, name, room, usualRoom: '', isHidden: false });
    openDialog(this.element);
    this.#form.focus();
  }
}
