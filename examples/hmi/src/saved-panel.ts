import type { VscpClient } from '../../../src/client/index.ts';
import { apply, diff, inParts, isObject, type JsonObject, overlap } from './merge-patch.ts';
import { type PanelDocument, readDocument, type SaveResult } from './panel-document.ts';
import { t } from './texts.ts';

const POLL_MS = 10_000;
const MAX_TRIES = 5;
/** Of one command: the server takes 65536 bytes, of which a character may need three. */
const MAX_PART = 16_000;
/** The document on the server: read, changed and kept up to date. */
export class SavedPanel {
  readonly #client: VscpClient;
  readonly #onChange: () => void;
  readonly #timer = setInterval(() => void this.refresh(), POLL_MS);
  #revision = -1;
  #content: JsonObject = {};
  #document = readDocument({});

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
    if (this.#client.state !== 'online' || document.visibilityState === 'hidden') return;
    try {
      this.#take(await this.#client.call('PANEL', { revision: this.#revision }));
    } catch (error) {
      // The connection went meanwhile; the next time will do.
      console.warn(error);
    }
  }

  /**
   * Makes a change. What others did meanwhile stays; where it is the same thing, nothing is done and the person is told.
   * @param patch a JSON merge patch
   */
  async save(patch: JsonObject): Promise<SaveResult> {
    let notice = '';
    for (const part of inParts(patch, MAX_PART)) {
      const result = await this.#savePart(part);
      if (!result.isSaved) return result;
      notice ||= result.notice;
    }
    return { isSaved: true, notice };
  }

  /** Makes the document the given one. */
  replace(content: JsonObject): Promise<SaveResult> {
    return this.save(diff(this.#content, content));
  }

  async #savePart(patch: JsonObject): Promise<SaveResult> {
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
      const both = overlap(diff(before, this.#content), patch);
      if (both.length > 0) {
        const problem = t('{editor} has changed this meanwhile. Look at it, or save again to overwrite it.', {
          editor: String(reply.editor),
        });
        return { isSaved: false, problem };
      }
    }
    return { isSaved: false, problem: t('Others are changing the panel at this moment. Try again.') };
  }

  #take({ revision, panel }: Record<string, unknown>): void {
    if (isObject(panel) && revision !== this.#revision) this.#set(Number(revision), panel);
  }

  #set(revision: number, content: JsonObject): void {
    this.#revision = revision;
    this.#content = content;
    this.#document = readDocument(content);
    this.#onChange();
  }
}
