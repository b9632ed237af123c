import 'uplot/dist/uPlot.min.css';
import '../style.css';
import {
  type EventInput,
  UnsupportedError,
  type VscpClient,
  type VscpEvent,
  ZERO_GUID,
} from '../../../src/client/index.ts';
import { LogView } from './log-view.ts';
import { LoginView } from './login-view.ts';
import { NodesView } from './nodes-view.ts';
import { Overview } from './overview.ts';
import { findOwnServer, loadPanelConfig, type OwnServer, type PanelConfig } from './panel-config.ts';
import { PlotView } from './plot-view.ts';
import { SendView } from './send-view.ts';
import { SeriesNames } from './series-names.ts';
import { Shell } from './shell.ts';
import { Store } from './store.ts';
import { SwitchesView } from './switches-view.ts';
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

function startPanel(
  config: PanelConfig,
  { leadMs }: OwnServer,
  client: VscpClient,
  onEnd: (problem: string) => void,
): void {
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
  const sendView = new SendView(send, isOffline);
  const resend = (event: VscpEvent) => {
    sendView.fill(event);
    location.hash = '#send';
  };
  const shell = new Shell({
    title: config.title,
    user: client.user?.name ?? '',
    pages: [
      { id: 'overview', title: 'Overview', view: new Overview({ store, names, isOffline, request }) },
      { id: 'plot', title: 'Plot', view: new PlotView({ store, names, request }) },
      {
        id: 'switches',
        title: 'Switches',
        view: new SwitchesView({ board: store.switches, send, isOffline, request }),
      },
      { id: 'events', title: 'Events', view: new LogView(store, request, resend) },
      { id: 'send', title: 'Send', view: sendView },
      { id: 'nodes', title: 'Nodes', view: new NodesView(store, isOffline) },
    ],
    eventCount: () => store.eventCount,
    onRetry: () => void client.connect().catch(() => {}),
    onLeave: () => client.disconnect(),
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
      onEnd(change.error === undefined ? '' : 'The server ended this session. Log in again.');
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

document.documentElement.dataset.started = '';
const [config, ownServer] = await Promise.all([loadPanelConfig(), findOwnServer()]);
document.title = config.title;
const login = new LoginView(config, ownServer.url, (client) => {
  login.element.remove();
  startPanel(config, ownServer, client, (problem) => {
    document.body.append(login.element);
    login.show(problem);
  });
});
document.body.append(login.element);
login.show('');
