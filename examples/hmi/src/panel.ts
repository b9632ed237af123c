import {
  type EventInput,
  RefusedError,
  type StateChange,
  UnsupportedError,
  type VscpClient,
  type VscpEvent,
  ZERO_GUID,
} from '../../../src/client/index.ts';
import { isOpen } from './alarms/alarm.ts';
import { AlarmBoard } from './alarms/alarm-board.ts';
import { AlarmBanner } from './alarms/banner.ts';
import { Notifier } from './alarms/notifier.ts';
import { Ringer } from './alarms/ringer.ts';
import { type Control, ControlBoard } from './controls/board.ts';
import { SCENE } from './controls/kinds.ts';
import { STOP } from './controls/scene.ts';
import { SceneRunner } from './controls/scene-run.ts';
import { onWake } from './device/wake.ts';
import { WallScreen } from './device/wall-screen.ts';
import type { PanelConfig } from './saved/panel-config.ts';
import { SavedPanel } from './saved/saved-panel.ts';
import type { SessionInfo } from './session/account.ts';
import { failureText } from './session/login-problem.ts';
import { Permissions, sameRights } from './session/permissions.ts';
import { type Page, Shell } from './shell.ts';
import { switchId, thingOf } from './store/items.ts';
import { LastingHistory } from './store/lasting-history.ts';
import { pastOf } from './store/past.ts';
import { SeriesNames } from './store/series-names.ts';
import { Store } from './store/store.ts';
import { t } from './texts.ts';
import { Pace } from './ui/pace.ts';
import { FrameLoop } from './ui/view.ts';
import { SendView } from './views/events/send-view.ts';
import { LazyView } from './views/lazy-view.ts';
import { Overview } from './views/overview/overview.ts';
import { SwitchControl } from './views/switch-control.ts';

const HISTORY_LIMIT = 5000;

/**
 * What the server remembers goes into the store, so that a panel that arrives late is not empty.
 */
async function recallEvents(client: VscpClient, store: Store): Promise<void> {
  for (const remembered of [() => client.history({ limit: HISTORY_LIMIT }), () => client.last()]) {
    try {
      store.takeOld(await remembered());
    } catch (error) {
      // Servers without such a memory, or a connection lost again, leave the store as it is.
      if (!(error instanceof UnsupportedError)) console.warn(error);
    }
  }
}

function ownEvent(sent: EventInput): VscpEvent {
  const { vscpClass, vscpType, head = 0x60, guid = ZERO_GUID, data = [] } = sent;
  const dateTime = `${new Date().toISOString().slice(0, 19)}Z`;
  return { vscpClass, vscpType, head, guid, obid: 0, dateTime, timestamp: 0, data: Uint8Array.from(data) };
}

export interface PanelOptions {
  config: PanelConfig;
  /** How far this device's clock is ahead of the server's, where that is known. */
  leadMs: number | undefined;
  session: SessionInfo;
  notices: HTMLElement[];
  extensions: readonly string[];
  /** The user leaves; ends the session. */
  onLeave: () => void;
  /** @param problem why the session ended, or empty */
  onEnd: (problem: string) => void;
}

/** How often limits and time limits are looked at. */
const CHECK_MS = 500;
/** How often the server is asked what the user may do. */
const RIGHTS_MS = 10_000;
/** So long a connection may say nothing after a sleep: on a busy device, too, a dead one is found within 3 s. */
const PROBE_MS = 1_500;
/** So long in use: a phone on the move is not without a connection because one answer takes long. */
const PATIENT_PROBE_MS = 5_000;
/** When pages that nobody has opened yet are loaded, in milliseconds: what is seen first comes first. */
const PREPARE_MS = 3_000;
const CONTROL = 30;
const TURN_ON = 5;

/** The panel of a session, until that ends. */
export function startPanel(options: PanelOptions): void {
  const { config, leadMs, session, notices, extensions, onLeave, onEnd } = options;
  const { client, user } = session;
  const permissions = new Permissions(user);
  const whyNotSend = (vscpClass: number, vscpType: number) => permissions.whyNotSend(vscpClass, vscpType);
  const controls = new ControlBoard({
    send: (event) => send(event),
    whyNotSend,
    request: () => loop.request(),
  });
  controls.configure(config.controls);
  const store = new Store(config, controls);
  if (leadMs !== undefined) store.clock.set(leadMs);
  const names = new SeriesNames(store);
  const isOffline = () => client.state !== 'online';
  const showAlarms = () => {
    if (alarms.version === shownAlarms) return;
    shownAlarms = alarms.version;
    banner.render();
    overview.renewMarks();
    void notifier.tidy(alarms.alarms);
  };
  const loop = new FrameLoop((now) => {
    showAlarms();
    shell.render(now);
  });
  /** Also where nobody looks: a page behind others has no frames. */
  const watch = (now = Date.now()) => {
    store.switches.checkTimeouts(now);
    controls.checkTimeouts(now);
    if (isCurrent) alarms.check(now);
    showAlarms();
  };
  const request = () => loop.request();
  const send = async (event: EventInput) => {
    try {
      await client.send(event);
    } catch (error) {
      if (error instanceof RefusedError) void learnRights();
      throw error;
    }
    store.take(ownEvent(event), true);
    request();
  };
  const sendView = new SendView(send, isOffline, whyNotSend);
  const resend = (event: VscpEvent) => {
    sendView.fill(event);
    location.hash = '#send';
  };
  const whyNot = whyNotSend(CONTROL, TURN_ON);
  const hasTokens = extensions.includes('TOKEN');
  const hasStatus = permissions.isAdmin && extensions.includes('STATUS');
  const hasUsers = permissions.isAdmin && extensions.includes('USERS');
  const saved = extensions.includes('PANEL')
    ? new SavedPanel(client, () => {
        store.nameNodes(saved?.document.nodes ?? {});
        names.share(saved?.document.items ?? {});
        const hasNew = controls.configure({ ...config.controls, ...saved?.document.controls });
        // What their nodes told before is news to new controls.
        if (hasNew) void recallEvents(client, store).then(request);
        shareAlarms();
        overview.rearrange();
      })
    : undefined;
  const history = extensions.includes('POINTS') ? new LastingHistory(client, store.clock) : undefined;
  const isHidden = (id: string) => saved?.document.items[id]?.isHidden ?? false;
  const control = new SwitchControl({ board: store.switches, send, whyNot, request });
  const titleOf = (thing: string) =>
    saved?.document.items[thing]?.name ??
    controls.controls.get(thing.slice(2))?.spec.name ??
    store.switches.switches.get(thing.slice(2))?.name ??
    thing;
  const scenes = new SceneRunner({
    board: controls,
    switches: store.switches,
    switchControl: control,
    send,
    titleOf,
  });
  const runControl = (chosen: Control, action: string, value?: number) => {
    if (chosen.spec.kind !== SCENE) void controls.run(chosen, action, value);
    else if (action === STOP) scenes.stop(chosen);
    else void scenes.start(chosen);
  };
  const { mayReceive, mayEditPanel: mayEdit } = permissions;
  const overview = new Overview({
    store,
    names,
    history,
    isOffline,
    request,
    mayReceive,
    control,
    runControl,
    markOf: (id) => alarms.markOf(id),
    saved,
    mayEdit,
  });
  const renewAlarms = () => {
    shownAlarms = -1;
    request();
  };
  const ringer = new Ringer(renewAlarms);
  /** A time of the server. */
  const timeHere = (ms: number) => ms + store.clock.steadyAheadMs;
  const notifier = new Notifier();
  const mayAcknowledge = saved === undefined || permissions.mayKeepAlarms;
  const alarms = new AlarmBoard({
    aheadMs: () => store.clock.aheadMs,
    seriesOf: (id) => pastOf({ title: '', ...thingOf(id, store) }, store),
    titleOf: (id) => names.titleOfKey(id.slice(2)) ?? titleOf(id),
    nodeName: (guid) => store.nodeName(guid),
    placeName: store.placeName,
    save: saved && mayAcknowledge ? (patch) => saved.save(patch) : undefined,
    onNews: (id, alarm, words) => void notifier.show(id, alarm, words),
    request,
  });
  const banner = new AlarmBanner({
    board: alarms,
    ringer,
    user: user.name,
    mayAcknowledge,
    timeHere,
    onChange: renewAlarms,
  });
  const screen = new WallScreen(() => banner.unseen.some(([, alarm]) => isOpen(alarm)));
  const watchPace = new Pace(CHECK_MS);
  let shownAlarms = -1;
  /** Whether the values are those of now: not before the memory of the server was read. */
  let isCurrent = false;
  const shareAlarms = () => {
    const { items = {}, alarms: known = {} } = saved?.document ?? {};
    const limits = Object.entries(items).flatMap(([id, { limit }]) => (limit ? [[id, limit] as const] : []));
    alarms.share(Object.fromEntries(limits), known);
  };
  store.listen((event, moment, isLive) => alarms.take(event, moment, isLive));
  const recall = async () => {
    // Asked first, answered first: what is acknowledged there rings no more, whatever else is remembered.
    const learnShared = async () => {
      await saved?.refresh();
      if (client.state === 'online') alarms.inform();
    };
    await Promise.all([learnShared(), recallEvents(client, store)]);
    try {
      // Not yet where the connection was lost before the first time.
      if (!client.isOpen) await client.open();
      isCurrent = client.state === 'online';
      if (isCurrent) alarms.review();
      alarms.restart();
    } catch (error) {
      // Lost again: the next connection begins here.
      console.warn(error);
    }
    request();
  };
  const pages: Page[] = [
    { id: 'overview', title: t('Overview'), icon: 'overview', view: overview },
    {
      id: 'plot',
      title: t('Plot'),
      icon: 'plot',
      view: new LazyView(async () => {
        const { PlotView } = await import('./views/plot/plot-view.ts');
        return new PlotView({ store, names, isHidden, history, request });
      }, request),
    },
    {
      id: 'switches',
      title: t('Switches'),
      icon: 'switches',
      view: new LazyView(async () => {
        const { SwitchesView } = await import('./views/switches-view.ts');
        return new SwitchesView({
          board: store.switches,
          control,
          details: overview.details,
          itemOf: (info) => overview.itemOf(info),
          isShown: (info) =>
            !controls.covers(info.zone, info.subzone, info.index) && !isHidden(switchId(info)),
          isOffline,
          request,
        });
      }, request),
    },
    {
      id: 'events',
      title: t('Events'),
      icon: 'events',
      view: new LazyView(async () => {
        const { LogView } = await import('./views/events/log-view.ts');
        return new LogView(store, request, resend);
      }, request),
    },
    { id: 'send', title: t('Send'), icon: 'send', view: sendView },
    {
      id: 'nodes',
      title: t('Nodes'),
      icon: 'nodes',
      view: new LazyView(async () => {
        const { NodesView } = await import('./views/nodes-view.ts');
        return new NodesView({ store, isOffline, request, dialog: overview.nodeDialog });
      }, request),
    },
    {
      id: 'alarms',
      title: t('Alarms'),
      view: new LazyView(async () => {
        const { AlarmsView } = await import('./alarms/alarms-view.ts');
        const whyNot = mayAcknowledge
          ? ''
          : t('{user} may only look here, not acknowledge.', { user: user.name });
        return new AlarmsView({ board: alarms, ringer, user: user.name, timeHere, whyNot });
      }, request),
    },
    {
      id: 'account',
      title: t('Account'),
      view: new LazyView(async () => {
        const { AccountView } = await import('./views/account-view.ts');
        return new AccountView({ session, permissions, hasTokens, hasUsers, hasStatus, screen, onLeave });
      }, request),
    },
  ];
  if (hasUsers) {
    const view = new LazyView(async () => {
      const { UsersView } = await import('./views/users-view.ts');
      return new UsersView(session);
    }, request);
    pages.push({ id: 'users', title: t('Users'), view });
  }
  if (hasStatus) {
    const view = new LazyView(async () => {
      const { StatusView } = await import('./views/status-view.ts');
      return new StatusView(client);
    }, request);
    pages.push({ id: 'status', title: t('Status'), view });
  }
  const shell = new Shell({
    title: config.title,
    user: user.name,
    pages,
    notices: [...notices, banner.element],
    tools: [banner.link],
    eventCount: () => store.eventCount,
    onRetry: () => void client.connect().catch(() => {}),
    request,
  });
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    for (const stop of stops) stop();
    loop.stop();
    alarms.end();
    ringer.ring(false);
    screen.end();
    saved?.end();
    shell.leave();
  };
  /** Much depends on what the user may do: where that has changed, the panel begins anew. */
  const followRights = () => {
    const now = client.user;
    if (hasEnded || now === undefined || sameRights(now, user)) return false;
    const unread = notices.filter(({ isConnected }) => isConnected);
    end();
    startPanel({ ...options, session: { ...session, user: now }, notices: unread });
    return true;
  };
  const learnRights = async () => {
    if (hasEnded || client.state !== 'online' || document.visibilityState === 'hidden') return;
    // A network that is gone without a word is noticed by this alone, where no events come.
    if (!(await client.probe(PATIENT_PROBE_MS))) return;
    // The connection went meanwhile: the next login tells.
    await client.refreshUser().catch((error) => console.warn(error));
    followRights();
  };
  const onEvent = (event: VscpEvent) => {
    store.take(event);
    request();
    // Browsers let timers of hidden pages wait for up to a minute.
    const now = Date.now();
    if (document.visibilityState === 'hidden' && watchPace.isDue(now)) watch(now);
  };
  const onState = (change: StateChange) => {
    if (change.state === 'offline') {
      end();
      onEnd(change.error === undefined ? '' : failureText(change.error));
      return;
    }
    shell.connection(change);
    if (change.state !== 'online') {
      isCurrent = false;
      alarms.lose();
    }
    if (change.state === 'waiting') store.connectionLost();
    if (change.state !== 'online' || followRights()) return;
    history?.renew();
    void recall();
  };
  const watchTimer = setInterval(() => watch(), CHECK_MS);
  const prepareTimer = setTimeout(() => {
    for (const { id, icon, view } of pages)
      if (view instanceof LazyView && (icon !== undefined || id === 'alarms')) view.prepare();
  }, PREPARE_MS);
  const rightsTimer = setInterval(() => void learnRights(), RIGHTS_MS);
  const stops = [
    client.on('event', onEvent),
    client.on('state', onState),
    onWake(() => void client.probe(PROBE_MS).then(() => Promise.all([saved?.refresh(), learnRights()]))),
    () => clearInterval(watchTimer),
    () => clearInterval(rightsTimer),
    () => clearTimeout(prepareTimer),
  ];
  shell.element.append(screen.menu);
  document.body.append(shell.element);
  shell.focus();
  void recall();
}
