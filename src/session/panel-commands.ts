import { RIGHT_EDIT_PANEL, RIGHT_SEND_EVENTS } from '../auth/rights.ts';
import { NOT_ALLOWED, SYNTAX_ERROR } from '../core/protocol.ts';
import { isObject } from '../core/values.ts';
import type { PanelStore, SavedPanel } from '../state/panel-store.ts';
import type { Command, CommandServices } from './commands.ts';
import type { CommandArgs, JsonValue, Reply } from './dialect.ts';
import type { Session } from './session.ts';

/** Name of the extension. */
export const PANEL = 'PANEL';
/** The part of the document that tells what rings, and who acknowledged it. */
const ALARMS = 'alarms';

function storeOf({ panel }: CommandServices): PanelStore {
  if (panel === undefined) throw new Error('there is no panel');
  return panel;
}

/** @param known the revision that the client has; if it is current, the document is not sent again */
function describe(saved: SavedPanel, known?: unknown): { [key: string]: JsonValue } {
  const { panel, ...facts } = saved;
  return { ...facts, panel: known === facts.revision ? null : (panel as { [key: string]: JsonValue }) };
}

function tell(_session: Session, args: CommandArgs, services: CommandServices): Reply {
  return { ok: true, args: describe(storeOf(services).saved, args.value('revision')) };
}

/** Whoever acts in the house also acknowledges its alarms. */
function mayChange(session: Session, patch: object): boolean {
  const isOfAlarms = Object.keys(patch).every((key) => key === ALARMS);
  return session.hasRight(RIGHT_EDIT_PANEL) || (isOfAlarms && session.hasRight(RIGHT_SEND_EVENTS));
}

async function change(session: Session, args: CommandArgs, services: CommandServices): Promise<Reply> {
  const revision = args.value('revision');
  const patch = args.value('patch');
  if (typeof revision !== 'number' || !Number.isInteger(revision))
    return { ok: false, code: SYNTAX_ERROR, detail: 'revision: a whole number expected' };
  if (!isObject(patch)) return { ok: false, code: SYNTAX_ERROR, detail: 'patch: an object expected' };
  if (!mayChange(session, patch)) return { ok: false, code: NOT_ALLOWED };
  const store = storeOf(services);
  const changed = await store.change(revision, patch, session.user?.name ?? '');
  if (changed.kind === 'refused') return { ok: false, code: SYNTAX_ERROR, detail: changed.reason };
  if (changed.kind === 'outdated') return { ok: true, args: { saved: false, ...describe(store.saved) } };
  const { isStored, saved } = changed;
  services.log.info(`panel changed: revision ${saved.revision} by ${session.describe()}`);
  // Others may have changed it while this was written: the client knows its own change, not theirs.
  return { ok: true, args: { saved: true, stored: isStored, ...describe(saved, saved.revision) } };
}

/** The commands with which the control panel keeps names, rooms and the like on the server. */
export const PANEL_COMMANDS: readonly Command[] = [
  { words: [PANEL], replyWord: PANEL, only: 'ws2', extension: PANEL, run: tell },
  {
    words: ['PANELSET'],
    replyWord: 'PANELSET',
    only: 'ws2',
    extension: PANEL,
    run: change,
  },
];
