import type { VscpClient } from '../../../../src/client/index.ts';
import { t } from '../texts.ts';
import { apply, type Conflict, conflicts, diff, inParts, isObject, type JsonObject } from './merge-patch.ts';
import { type PanelDocument, readDocument, type Save, type SaveResult } from './panel-document.ts';

const POLL_MS = 10_000;
const MAX_TRIES = 5;
/** Of one command: the server takes 65536 bytes, of which a character may need three. */
const MAX_PART = 16_000;
/** So many changes of others are known by their editors; a form is not open for longer than that. */
const MAX_CHANGES = 100;

/** What somebody else has done. */
interface Change {
  patch: JsonObject;
  /** Empty = several people, as far as this panel knows. */
  editor: string;
}

/** The document on the server: read, changed and kept up to date. */
export class SavedPanel {
  readonly #client: VscpClient;
  readonly #onChange: () => void;
  readonly #timer = setInterval(() => void this.refresh(), POLL_MS);
  #revision = -1;
  #content: JsonObject = {};
  #document = readDocument({});
  /** The latest of others, newest last. */
  #changes: Change[] = [];

  constructor(client: VscpClient, onChange: () => void) {
    this.#client = client;
    this.#onChange = onChange;
  }

  get document(): PanelDocument {
    return this.#document;
  }

  /** As it is on the server, also what this panel does not know. */
  get content(): JsonObject {
    return this.#content;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** Asks whether somebody else has changed it. */
  async refresh(): Promise<void> {
    if (this.#client.state !== 'online') return;
    try {
      this.#take(await this.#client.call('PANEL', { revision: this.#revision }));
    } catch (error) {
      // The connection went meanwhile; the next time will do.
      console.warn(error);
    }
  }

  /**
   * For a form that is opened now: what it saves is compared with what it showed. Who was told of a conflict has
   * seen it, and may overwrite it.
   */
  begin(): Save {
    let seen = this.#content;
    return async (patch) => {
      const result = await this.save(patch, seen);
      if (result.isSaved || this.#conflict(seen, patch)) seen = this.#content;
      return result;
    };
  }

  /**
   * Makes a change. What others did meanwhile stays; where it is the same thing, nothing is done and the person is told.
   * @param patch a JSON merge patch
   * @param seen the document that the person had before the eyes
   */
  async save(patch: JsonObject, seen = this.#content): Promise<SaveResult> {
    const conflict = this.#conflict(seen, patch);
    if (conflict !== undefined) return conflict;
    let notice = '';
    for (const part of inParts(patch, MAX_PART)) {
      const result = await this.#savePart(part, seen);
      if (!result.isSaved) return result;
      notice ||= result.notice;
    }
    return { isSaved: true, notice };
  }

  async #savePart(patch: JsonObject, seen: JsonObject): Promise<SaveResult> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const before = this.#content;
      const reply = await this.#client.call('PANELSET', { revision: this.#revision, patch });
      if (reply.saved === true) {
        this.#set(Number(reply.revision), apply(before, patch));
        const notice = t(
          'The server cannot write it down (see its log): it is kept until the driver closes.',
        );
        return { isSaved: true, notice: reply.stored === false ? notice : '' };
      }
      this.#take(reply);
      const conflict = this.#conflict(seen, patch);
      if (conflict !== undefined) return conflict;
    }
    return { isSaved: false, problem: t('Others are changing the panel at this moment. Try again.') };
  }

  /** What others did to the same things since the person looked at them; undefined = nothing. */
  #conflict(seen: JsonObject, patch: JsonObject): SaveResult | undefined {
    const found = conflicts(diff(seen, this.#content), patch);
    if (found.length === 0) return undefined;
    // Of several changes the last one to the same thing: what was before is not there any more.
    const change = [...this.#changes].reverse().find((other) => conflicts(other.patch, patch).length > 0);
    return { isSaved: false, problem: wordsOf(found, change?.editor || t('Somebody else')) };
  }

  #take({ revision, panel, editor }: Record<string, unknown>): void {
    if (!isObject(panel) || revision === this.#revision) return;
    // The server tells who was last: with several changes at once that may be somebody who changed something else.
    const isOneChange = Number(revision) === this.#revision + 1;
    const patch = diff(this.#content, panel);
    this.#changes = [...this.#changes, { patch, editor: isOneChange ? String(editor) : '' }].slice(
      -MAX_CHANGES,
    );
    this.#set(Number(revision), panel);
  }

  #set(revision: number, content: JsonObject): void {
    this.#revision = revision;
    this.#content = content;
    this.#document = readDocument(content);
    this.#onChange();
  }
}

function wordsOf(found: readonly Conflict[], editor: string): string {
  if (found.every(({ theirs }) => theirs === null))
    return t('{editor} has removed this meanwhile. Look at it, or do it again for yours.', { editor });
  // Numbers of an order, or of a moment, tell nobody anything.
  const values = found.flatMap(({ path, theirs }) =>
    path.endsWith('order') || path.endsWith('setAt') || typeof theirs === 'object' ? [] : [`“${theirs}”`],
  );
  if (values.length === 0)
    return t('{editor} has changed this meanwhile. Look at it, or do it again to overwrite it.', { editor });
  return t('{editor} has changed this meanwhile to {theirs}. Look at it, or do it again to overwrite it.', {
    editor,
    theirs: values.join(', '),
  });
}
