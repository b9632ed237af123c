import { isObject } from '../core/values.ts';
import type { Parsed } from '../vscp/event.ts';
import type { StateFile } from './state-file.ts';

export const PANEL_FILE = 'panel.json';
export const PANEL_VERSION = 1;
/** Limit for the whole document as JSON: enough for the names and places of some thousand values. */
const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 8;
/** When objects are merged, this key would change more than the object that holds it. */
const FORBIDDEN_KEY = '__proto__';

export type PanelDocument = { [key: string]: unknown };

/** What the control panel keeps on the server, and who changed it last. */
export interface SavedPanel {
  /** Counts the changes; 0 = nothing was saved yet. */
  revision: number;
  /** User name; empty before the first change. */
  editor: string;
  /** ISO 8601, UTC; empty before the first change. */
  time: string;
  /** Only the panel knows what its content means. */
  panel: PanelDocument;
}

export type PanelChange =
  /** `isStored` false = kept in memory only; the log says why. `saved` is this change: others may have followed. */
  | { kind: 'saved'; isStored: boolean; saved: SavedPanel }
  /** Somebody else was faster; nothing changed. */
  | { kind: 'outdated' }
  | { kind: 'refused'; reason: string };

const EMPTY: SavedPanel = { revision: 0, editor: '', time: '', panel: {} };

export function parsePanel(content: Record<string, unknown>): Parsed<SavedPanel> {
  const { revision, editor = '', time = '', panel } = content;
  if (!Number.isInteger(revision) || !isObject(panel)) return { ok: false, reason: 'holds no panel' };
  return {
    ok: true,
    value: { revision: Number(revision), editor: String(editor), time: String(time), panel },
  };
}

/** The document of the control panel, in memory and in one file. */
export class PanelStore {
  readonly #file: StateFile<SavedPanel>;
  #saved: SavedPanel;
  #saving: Promise<boolean> = Promise.resolve(true);
  /** How often another server was faster. */
  #overtaken = 0;

  private constructor(file: StateFile<SavedPanel>, saved: SavedPanel) {
    this.#file = file;
    this.#saved = saved;
  }

  static async load(file: StateFile<SavedPanel>): Promise<PanelStore> {
    return new PanelStore(file, (await file.load()) ?? EMPTY);
  }

  get saved(): SavedPanel {
    return this.#saved;
  }

  /** Takes over what another server has saved. */
  refresh(): Promise<void> {
    return this.#file.refresh((stored) => {
      if (stored.revision > this.#saved.revision) this.#saved = stored;
    });
  }

  /**
   * Changes the document.
   * @param revision revision of the document to which the change was made
   * @param patch a JSON merge patch (RFC 7396): objects are merged, null removes
   * @returns once it is on the disk
   */
  async change(revision: number, patch: PanelDocument, editor: string): Promise<PanelChange> {
    if (revision !== this.#saved.revision) return { kind: 'outdated' };
    const problem = problemOf(patch, MAX_DEPTH);
    if (problem !== undefined) return { kind: 'refused', reason: `patch: ${problem}` };
    const panel = merged(this.#saved.panel, patch);
    if (Buffer.byteLength(JSON.stringify(panel)) > MAX_BYTES)
      return { kind: 'refused', reason: `patch: the panel would have more than ${MAX_BYTES} bytes` };
    const saved = { revision: revision + 1, editor, time: new Date().toISOString(), panel };
    this.#saved = saved;
    const overtaken = this.#overtaken;
    this.#saving = this.#file.save((stored) => {
      if (stored !== undefined && stored.revision >= this.#saved.revision) {
        this.#overtaken++;
        this.#saved = stored;
      }
      return { ...this.#saved };
    });
    const isStored = await this.#saving;
    if (this.#overtaken !== overtaken) return { kind: 'outdated' };
    return { kind: 'saved', isStored, saved };
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    await this.#saving;
  }
}

function problemOf(value: unknown, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === 0) return `more than ${MAX_DEPTH} levels`;
  for (const [key, child] of Object.entries(value)) {
    if (key === FORBIDDEN_KEY) return `the name ${FORBIDDEN_KEY} cannot be used`;
    const problem = problemOf(child, depth - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** RFC 7396; neither argument is changed. */
function merged(target: unknown, patch: PanelDocument): PanelDocument {
  const result: PanelDocument = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = isObject(value) ? merged(result[key], value) : value;
  }
  return result;
}
