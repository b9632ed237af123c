import 'uplot/dist/uPlot.min.css';
import '../style.css';
import {
  type EventInput,
  UnsupportedError,
  type VscpClient,
  type VscpEvent,
  ZERO_GUID,
} from '../../../src/client/index.ts';
import type { SessionInfo } from './account.ts';
import { AccountView } from './account-view.ts';
import { h } from './dom.ts';
import { Entry } from './entry.ts';
import { LogView } from './log-view.ts';
import { failureText } from './login-problem.ts';
import { NodesView } from './nodes-view.ts';
import { Overview } from './overview.ts';
import { findOwnServer, loadPanelConfig } from './own-server.ts';
import type { PanelConfig } from './panel-config.ts';
import { Permissions } from './permissions.ts';
import { plainNotice } from './plain-notice.ts';
import { PlotView } from './plot-view.ts';
import { SendView } from './send-view.ts';
import { SeriesNames } from './series-names.ts';
import { type Page, Shell } from './shell.ts';
import { Store } from './store.ts';
import { SwitchesView } from './switches-view.ts';
import { UsersView } from './users-view.ts';
import { FrameLoop } from './view.ts';
import { onWake } from './wake.ts';

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

interface PanelOptions {
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

const CONTROL = 30;
const TURN_ON = 5;

function startPanel({ config, leadMs, session, notices, extensions, onLeave, onEnd }: PanelOptions): void {
  const { client, user } = session;
  const permissions = new Permissions(user);
  const store = new Store(config);
  if (leadMs !== undefined) store.clock.set(leadMs);
  const names = new SeriesNames(store);
  const isOffline = () => client.state !== 'online';
  const loop = new FrameLoop((now) => shell.render(now));
  const request = () => loop.request();
  const send = async (event: EventInput) => {
    await client.send(event);
    store.take(ownEvent(event), true);
    request();
  };
  const whyNotSend = (vscpClass: number, vscpType: number) => permissions.whyNotSend(vscpClass, vscpType);
  const sendView = new SendView(send, isOffline, whyNotSend);
  const resend = (event: VscpEvent) => {
    sendView.fill(event);
    location.hash = '#send';
  };
  const whyNot = whyNotSend(CONTROL, TURN_ON);
  const hasTokens = extensions.includes('TOKEN');
  const hasUsers = permissions.isAdmin && extensions.includes('USERS');
  const pages: Page[] = [
    {
      id: 'overview',
      title: 'Overview',
      icon: 'overview',
      view: new Overview({ store, names, isOffline, request, mayReceive: permissions.mayReceive }),
    },
    { id: 'plot', title: 'Plot', icon: 'plot', view: new PlotView({ store, names, request }) },
    {
      id: 'switches',
      title: 'Switches',
      icon: 'switches',
      view: new SwitchesView({ board: store.switches, send, isOffline, request, whyNot }),
    },
    { id: 'events', title: 'Events', icon: 'events', view: new LogView(store, request, resend) },
    { id: 'send', title: 'Send', icon: 'send', view: sendView },
    { id: 'nodes', title: 'Nodes', icon: 'nodes', view: new NodesView(store, isOffline) },
    {
      id: 'account',
      title: 'Account',
      view: new AccountView({ session, permissions, hasTokens, hasUsers, onLeave }),
    },
  ];
  if (hasUsers) {
    pages.push({ id: 'users', title: 'Users', view: new UsersView(session) });
  }
  const shell = new Shell({
    title: config.title,
    user: user.name,
    pages,
    notices,
    eventCount: () => store.eventCount,
    onRetry: () => void client.connect().catch(() => {}),
  });
  client.on('event', (event) => {
    store.take(event);
    request();
  });
  client.on('state', (change) => {
    if (change.state === 'offline') {
      loop.stop();
      endWake();
      shell.leave();
      onEnd(change.error === undefined ? '' : failureText(change.error));
      return;
    }
    shell.connection(change);
    if (change.state === 'waiting') store.connectionLost();
    if (change.state === 'online') void recallEvents(client, store).then(request);
  });
  const endWake = onWake(() => void client.probe());
  document.body.append(shell.element);
  shell.focus();
  void recallEvents(client, store)
    .then(() => client.open())
    .catch((error) => console.warn(error))
    .then(request);
}

/** What the user should know before anything else. */
function noticesOf(session: SessionInfo, texts: readonly string[], isDefaultKey: boolean): HTMLElement[] {
  const plain = plainNotice(session.url, isDefaultKey);
  const own = texts
    .filter((text) => text !== '')
    .map((text) => h('p', { class: 'banner', role: 'status' }, text));
  return plain === undefined ? own : [plain, ...own];
}

document.documentElement.dataset.started = '';
const [{ config, problems }, ownServer] = await Promise.all([loadPanelConfig(), findOwnServer()]);
document.title = config.title;

const entry = new Entry(config, ownServer.url, async (session, notice) => {
  const { client } = session;
  const { extensions, isDefaultKey = false } = await client
    .version()
    .catch(() => ({ extensions: [], isDefaultKey: false }));
  let isLeaving = false;
  startPanel({
    config,
    leadMs: ownServer.leadMs,
    session,
    notices: noticesOf(session, [notice, problems.join(' ')], isDefaultKey),
    extensions,
    onLeave: () => {
      isLeaving = true;
      void entry.forget(client).then(() => client.disconnect());
    },
    onEnd: (problem) => entry.ended(isLeaving ? '' : problem, session),
  });
});
entry.begin(window.setupText ?? '');
