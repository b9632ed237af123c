import type { VscpEvent } from '../../../../src/client/index.ts';
import { level1Form } from '../../../../src/core/level1-form.ts';
import type { JsonObject } from '../saved/merge-patch.ts';
import type { SaveResult } from '../saved/panel-document.ts';
import type { Moment } from '../store/server-clock.ts';
import { type Series, valueAt } from '../store/store.ts';
import {
  type Alarm,
  CLOCKS_MS,
  isAfter,
  isOpen,
  isSeenElsewhere,
  isTooClose,
  type Limit,
  MAX_ALARMS,
  problemOf,
} from './alarm.ts';
import { ALARM, itemOf, limitId, nodeId, POWER } from './alarm-id.ts';
import { type AlarmWords, type Names, wordsOf } from './alarm-words.ts';
import { pastAlarm } from './past-alarm.ts';

/** Types of CLASS1.ALARM that say that something is wrong; the others are commands to sirens and the like. */
const RAISING = new Set([0, 1, 2, POWER, 6, 7, 12]);
/** A node that has been quiet about an acknowledged alarm for so long, and then tells it again, means a new one. */
const QUIET_MS = 10 * 60_000;
const SAVE_DELAY_MS = 1_000;
/** Several panels see the same: the first to write it spares the others the work. */
const SAVE_SPREAD_MS = 3_000;
const SAVE_GAP_MS = 10_000;

export interface AlarmBoardOptions extends Names {
  /** Device's clock minus server's, in milliseconds. */
  aheadMs: () => number;
  /** Values by item id (`v:` and the series key). */
  seriesOf: (id: string) => Series | undefined;
  /** Undefined = this user or server keeps none; then alarms live as long as the page. */
  save: ((patch: JsonObject) => Promise<SaveResult>) | undefined;
  /** Somebody on this device should hear of it: once for each alarm, whoever found it. */
  onNews: (id: string, alarm: Alarm, words: AlarmWords) => void;
  request: () => void;
}

/** As it is written down, what an alarm may have and has not: of one before nothing stays. */
const NOTHING: Record<Exclude<keyof Alarm, 'since'>, null> = {
  ...{
    title: null,
    text: null,
    side: null,
    value: null,
    decimals: null,
    unit: null,
    quantity: null,
    limit: null,
    staleS: null,
  },
  ...{ until: null, by: null, byAt: null },
};

export type AlarmMark = 'set' | 'rings' | 'seen';

/** What is or was wrong: by events of CLASS1.ALARM, and by limits of values. */
export class AlarmBoard {
  readonly alarms = new Map<string, Alarm>();
  readonly #options: AlarmBoardOptions;
  readonly #beyondSince = new Map<string, number>();
  /** When a node told an alarm last, by the server's clock. */
  readonly #toldAt = new Map<string, number>();
  readonly #unsaved = new Set<string>();
  /** To be told on this device as soon as it is clear that nobody has acknowledged them. */
  readonly #news = new Set<string>();
  /** Whether what others have written down was read at all: what was there then is old. */
  #hasShared = false;
  /** Whether it was read since the connection came. */
  #isInformed = false;
  /** So far the page has listened, by the server's clock. */
  #heardAt: number;
  /** What the server remembers from then on came while the connection was away; the rest is old. */
  #awayFrom = Number.POSITIVE_INFINITY;
  /** By item id. */
  #limits: ReadonlyMap<string, Limit> = new Map();
  #startedAt = Date.now();
  #savedAt = 0;
  #isSaving = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Raised with each change. */
  version = 0;

  constructor(options: AlarmBoardOptions) {
    this.#options = options;
    this.#heardAt = this.#startedAt - options.aheadMs();
  }

  get active(): Alarm[] {
    return [...this.alarms.values()].filter(({ until }) => until === undefined);
  }

  /** Those that nobody has acknowledged; what is still so first, the newest of it before all. */
  get unseen(): [id: string, alarm: Alarm][] {
    const rank = ({ since, until }: Alarm) => since + (until === undefined ? 1e15 : 0);
    return [...this.alarms]
      .filter(([, { by }]) => by === undefined)
      .sort(([, a], [, b]) => rank(b) - rank(a));
  }

  /** What the tile of a value shows of its limit: that it has one, that it rings, or that somebody has acknowledged it. */
  markOf(item: string): AlarmMark | undefined {
    const alarm = this.alarms.get(limitId(item));
    if (alarm && isOpen(alarm)) return alarm.by === undefined ? 'rings' : 'seen';
    return this.#limits.has(item) ? 'set' : undefined;
  }

  wordsOf(id: string, alarm: Alarm): AlarmWords {
    return wordsOf(id, alarm, this.#options);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  /** What everybody shares: limits, and alarms as they were written down. */
  share(limits: Readonly<Record<string, Limit>>, alarms: Readonly<Record<string, Alarm>>): void {
    this.#limits = new Map(Object.entries(limits));
    for (const id of this.#beyondSince.keys()) if (!(id in limits)) this.#beyondSince.delete(id);
    for (const id of this.alarms.keys())
      if (!(id in alarms) && !this.#unsaved.has(id) && this.#options.save) this.#forget(id);
    for (const [id, theirs] of Object.entries(alarms)) {
      const ours = this.alarms.get(id);
      if (ours && this.#unsaved.has(id) && isSeenElsewhere(ours, theirs)) {
        this.alarms.set(id, { ...theirs, ...ours });
        continue;
      }
      const isOurNews = this.#unsaved.has(id) && ours && !(isOpen(ours) && isOpen(theirs) && !ours.by);
      const isOurLater = ours && this.#hasShared && isAfter(ours, theirs);
      if (isOurNews || isOurLater) continue;
      if (!this.#hasShared) this.#news.delete(id);
      else if (!ours || isAfter(theirs, ours, CLOCKS_MS)) this.#news.add(id);
      this.#unsaved.delete(id);
      this.alarms.set(id, theirs);
    }
    this.#hasShared = true;
    this.#tell();
    this.#changed();
  }

  /** What others have written down is known as it is now. */
  inform(): void {
    this.#isInformed = true;
    this.#tell();
  }

  /** The connection is away: what comes from the server's memory next may have been acknowledged meanwhile. */
  lose(): void {
    this.#isInformed = false;
    this.#awayFrom = Math.min(this.#awayFrom, this.#heardAt);
  }

  take(event: VscpEvent, { at, order }: Moment, isLive: boolean): void {
    if (isLive) this.#heardAt = order ?? this.#heardAt;
    const { vscpClass, data } = level1Form(event);
    if (vscpClass !== ALARM || !RAISING.has(event.vscpType)) return;
    const [code = 1, zone = 255, subzone = 255] = data;
    const id = nodeId({ guid: event.guid, type: event.vscpType, zone, subzone });
    const time = order ?? at - this.#options.aheadMs();
    const known = this.alarms.get(id);
    // What the server remembers may be long over, and seen.
    if (!isLive && known && time <= Math.max(known.since, known.until ?? 0)) return;
    const isWrong = event.vscpType === POWER ? code === 0 : code !== 0;
    if (!isWrong) {
      this.#over(id, time);
      return;
    }
    // Where the server does not remember it, nobody knows whether its node was quiet before the page listened.
    const listensSince = this.#startedAt - this.#options.aheadMs();
    const toldAt = Math.max(this.#toldAt.get(id) ?? listensSince, known?.byAt ?? known?.since ?? 0);
    const isQuiet = isLive && time - toldAt >= QUIET_MS;
    this.#toldAt.set(id, time);
    if (known && isOpen(known) && (known.by === undefined || !isQuiet)) return;
    this.#raise(id, { since: time }, isLive || time > this.#awayFrom);
  }

  /** Looks at the limits; only while values come in. */
  check(now: number): void {
    for (const [id, alarm] of this.alarms) {
      const item = itemOf(id);
      if (item !== undefined && isOpen(alarm) && !this.#limits.has(item))
        this.#over(id, now - this.#options.aheadMs());
    }
    for (const [item, limit] of this.#limits) {
      const id = limitId(item);
      const told = this.#options.seriesOf(item);
      const series = told && { ...told, value: valueAt(told, now) };
      const problem = problemOf(limit, series, now - Math.max(series?.at ?? 0, this.#startedAt));
      const known = this.alarms.get(id);
      if (problem === undefined) {
        this.#beyondSince.delete(item);
        if (!known || !isOpen(known)) continue;
        if (!series || !isTooClose(limit, known.side, series.value))
          this.#over(id, now - this.#options.aheadMs());
        continue;
      }
      const since = this.#beyondSince.get(item) ?? now;
      this.#beyondSince.set(item, since);
      if ((known && isOpen(known)) || now - since < limit.forS * 1000) continue;
      this.#raise(id, { ...problem, since: now - this.#options.aheadMs() }, true);
    }
  }

  /** Judges limits over what the server remembers of the time when no page looked that may save alarms. */
  review(): void {
    const aheadMs = this.#options.aheadMs();
    const now = Date.now() - aheadMs;
    for (const [item, { setAt, ...limit }] of this.#limits) {
      const series = this.#options.seriesOf(item);
      if (setAt === undefined || series === undefined) continue;
      const id = limitId(item);
      const known = this.alarms.get(id);
      const { alarm, beyondSince } = pastAlarm({ ...limit, setAt }, series, known, now, aheadMs);
      if (beyondSince !== undefined && !this.#beyondSince.has(item))
        this.#beyondSince.set(item, beyondSince + aheadMs);
      if (alarm === undefined || alarm === known) continue;
      if (known === undefined && alarm.since <= this.#forgottenUntil) continue;
      if (alarm.since === known?.since) this.#over(id, alarm.until ?? now);
      else this.#raise(id, alarm, alarm.since > this.#awayFrom);
    }
  }

  /** What the server remembers was read. Waits anew for values that are to come: the connection was away. */
  restart(): void {
    this.#startedAt = Date.now();
    this.#heardAt = this.#startedAt - this.#options.aheadMs();
    this.#awayFrom = Number.POSITIVE_INFINITY;
    // What alarms are about may have names now.
    this.#changed();
  }

  acknowledge(id: string, user: string): void {
    const known = this.alarms.get(id);
    if (known === undefined || known.by !== undefined) return;
    this.alarms.set(id, { ...known, by: user, byAt: Date.now() - this.#options.aheadMs() });
    this.#toSave(id, true);
  }

  /** Somebody says that it is over, because its node does not. */
  declareOver(id: string): void {
    this.#over(id, Date.now() - this.#options.aheadMs());
  }

  /** What began before may have been acknowledged and forgotten, for no more are kept. */
  get #forgottenUntil(): number {
    if (this.alarms.size < MAX_ALARMS) return Number.NEGATIVE_INFINITY;
    const seen = [...this.alarms.values()].filter((alarm) => !isOpen(alarm) && alarm.by !== undefined);
    return Math.min(...seen.map(({ since }) => since));
  }

  #raise(id: string, alarm: Alarm, isNew: boolean): void {
    this.alarms.set(id, alarm);
    if (isNew) this.#news.add(id);
    this.#tell();
    this.#toSave(id, false);
  }

  #tell(): void {
    if (!this.#isInformed) return;
    for (const id of this.#news) {
      const alarm = this.alarms.get(id);
      if (alarm && alarm.by === undefined) this.#options.onNews(id, alarm, this.wordsOf(id, alarm));
    }
    this.#news.clear();
  }

  #over(id: string, until: number): void {
    const known = this.alarms.get(id);
    if (known === undefined || !isOpen(known)) return;
    this.alarms.set(id, { ...known, until: Math.max(until, known.since) });
    this.#toSave(id, false);
  }

  #toSave(id: string, isUrgent: boolean): void {
    if (this.#options.save) this.#unsaved.add(id);
    this.#prune();
    this.#changed();
    if (this.#options.save === undefined) return;
    const wait = isUrgent
      ? 0
      : Math.max(SAVE_DELAY_MS, SAVE_GAP_MS - (Date.now() - this.#savedAt)) + Math.random() * SAVE_SPREAD_MS;
    if (isUrgent) clearTimeout(this.#timer);
    else if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#save(), wait);
  }

  /** One after the other: what a second one changes meanwhile would be refused, because of the first. */
  async #save(): Promise<void> {
    this.#timer = undefined;
    if (this.#isSaving || this.#unsaved.size === 0) return;
    this.#savedAt = Date.now();
    const sent = new Map([...this.#unsaved].map((id) => [id, this.alarms.get(id)]));
    const patch = Object.fromEntries([...sent].map(([id, alarm]) => [id, wholeOf(alarm)]));
    this.#isSaving = true;
    try {
      const result = await this.#options.save?.({ alarms: patch });
      if (result === undefined) return;
      for (const [id, alarm] of sent) {
        // Whoever was faster wrote about the same, but not that it was acknowledged here.
        const isTold = result.isSaved || alarm?.by === undefined;
        if (isTold && this.alarms.get(id) === alarm) this.#unsaved.delete(id);
      }
      if (this.#unsaved.size > 0 && this.#timer === undefined)
        this.#timer = setTimeout(() => void this.#save(), result.isSaved ? 0 : SAVE_DELAY_MS);
    } catch (error) {
      // The next change tells it, too.
      console.warn(error);
    } finally {
      this.#isSaving = false;
    }
  }

  /** The oldest of those that are over and seen go first. */
  #prune(): void {
    const rank = ({ until, by, since }: Alarm) =>
      since + (by === undefined ? 1e14 : 0) + (until === undefined ? 1e15 : 0);
    const sorted = [...this.alarms].sort(([, a], [, b]) => rank(b) - rank(a));
    for (const [id] of sorted.slice(MAX_ALARMS)) {
      this.#forget(id);
      if (this.#options.save) this.#unsaved.add(id);
    }
  }

  #forget(id: string): void {
    this.alarms.delete(id);
    this.#toldAt.delete(id);
    this.#news.delete(id);
  }

  #changed(): void {
    this.version += 1;
    this.#options.request();
  }
}

/** As it is written down: what it has no more is taken out. */
function wholeOf(alarm: Alarm | undefined): JsonObject | null {
  return alarm ? { ...NOTHING, ...alarm } : null;
}
