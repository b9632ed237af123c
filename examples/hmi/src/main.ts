import 'uplot/dist/uPlot.min.css';
import '../style.css';
import type { SessionInfo } from './account.ts';
import { h } from './dom.ts';
import { Entry } from './entry.ts';
import { keepShell } from './installed.ts';
import { findOwnServer, loadPanelConfig, usualServer } from './own-server.ts';
import { startPanel } from './panel.ts';
import { plainNotice } from './plain-notice.ts';
import { language } from './texts.ts';

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
