import { recall, remember } from './memory.ts';

/** Ids of the things that come first on the overview of this device. */
export class Favourites {
  readonly ids = new Set(recall('favourites') ?? []);

  set(id: string, isFavourite: boolean): void {
    if (isFavourite) this.ids.add(id);
    else this.ids.delete(id);
    remember('favourites', [...this.ids]);
  }
}
