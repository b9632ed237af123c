import 'uplot/dist/uPlot.min.css';
import '../style.css';
import { keepShell } from './device/installed.ts';
import { startPanel } from './panel.ts';
import type { SessionInfo } from './session/account.ts';
import { Entry } from './session/entry.ts';
import { findOwnServer, loadPanelConfig, usualServer } from './session/own-server.ts';
import { plainNotice } from './session/plain-notice.ts';
import { language } from './texts.ts';
import { h } from './ui/dom.ts';

/** What the user should know before anything else. */
function noticesOf(session: SessionInfo, texts: readonly string[], isDefaultKey: boolean): HTMLElement[] {
  const plain = plainNotice(session.client.url, isDefaultKey);
  const own = texts
    .filter((text) => text !== '')
    .map((text) => h('p', { class: 'banner', role: 'status' }, text));
  return plain === undefined ? own : [plain, ...own];
}

document.documentElement.lang = language;
const [{ config, problems }, found] = await Promise.all([loadPanelConfig(), findOwnServer()]);
const ownServer = found ?? usualServer();
document.title = config.title;

const findOwnUrl = async () => (await findOwnServer())?.url;
const entry = new Entry(config, ownServer.url, findOwnUrl, async (session, notice) => {
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
document.documentElement.dataset.started = '';
void keepShell(config.offline);
