// Serves the panel's own files while the server cannot be reached, or is slow: what the network answers in time is
// shown, so that nobody sees an old panel twice. Data, other pages and websockets are none of its business.

import { SHOW_ALARMS } from './device/show-alarms.ts';

/** What a service worker is told; a page's types do not know these events. */
interface LastingEvent extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface RequestEvent extends LastingEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface NotificationEvent extends LastingEvent {
  readonly notification: Notification;
}
interface WindowClient {
  readonly url: string;
  focus(): Promise<WindowClient>;
  postMessage(message: string): void;
}
interface Worker {
  readonly registration: { readonly scope: string };
  skipWaiting(): Promise<void>;
  readonly clients: {
    claim(): Promise<void>;
    /** The one that was used last comes first. */
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly WindowClient[]>;
    openWindow(url: string): Promise<unknown>;
  };
}

/** Names of the panel's files, and a mark of what is in them; put in by the build. */
declare const SHELL: readonly string[];
declare const SHELL_MARK: string;

const worker = globalThis as unknown as Worker;
const scope = worker.registration.scope;
const PREFIX = `vscp-panel ${scope} `;
const CACHE = PREFIX + SHELL_MARK;
/** A network that has not answered by then is treated as none. */
const PATIENCE_MS = 4_000;
/** A proxy in front of a driver that is away. */
const AWAY = new Set([502, 503, 504]);

const PAGE = 'index.html';
const addresses = new Map(SHELL.map((name) => [new URL(name, scope).href, name]));
addresses.set(scope, PAGE);

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((name) => new Request(new URL(name, scope), { cache: 'no-cache' })));
  await worker.skipWaiting();
}

async function tidy(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** Its name says what is in it, so that no page gets that of another version. */
const BUILT = /\.(js|css)$/;
/** Is in the cache while the server has another page than the kept one. */
const OUTDATED = new URL('outdated', scope);

const kept = (address: URL) => caches.match(address, { cacheName: CACHE });

/**
 * Names and texts may change without a new version of the panel: what is kept is what came last. The page goes with
 * its scripts: a new one is kept by the worker that comes with it.
 */
async function keep(name: string, response: Response): Promise<void> {
  if (response.status !== 200 || response.redirected) return;
  const copy = response.clone();
  // Taken off (`"offline": false`) it must not come back.
  if (!(await caches.has(CACHE))) return;
  const cache = await caches.open(CACHE);
  const address = new URL(name, scope);
  if (name !== PAGE) await cache.put(address, copy);
  else if ((await (await kept(address))?.text()) === (await copy.text())) await cache.delete(OUTDATED);
  else await cache.put(OUTDATED, new Response());
}

function answer(event: RequestEvent, name: string): Promise<Response> {
  if (BUILT.test(name)) return keptOrFresh(event.request, name);
  const fresh = fetch(event.request);
  // Also when the kept file was shown, because the network was slow.
  const keeping = fresh.then((response) => keep(name, response));
  event.waitUntil(keeping.catch((error: unknown) => console.info(error)));
  return freshOrKept(fresh, name);
}

async function keptOrFresh(request: Request, name: string): Promise<Response> {
  return (await kept(new URL(name, scope))) ?? fetch(request);
}

async function freshOrKept(fresh: Promise<Response>, name: string): Promise<Response> {
  const address = new URL(name, scope);
  try {
    // An old page is shown once, not twice.
    const isPatient = name === PAGE && (await kept(OUTDATED)) !== undefined;
    const response = await (isPatient ? fresh : Promise.race([fresh, late()]));
    if (response && !AWAY.has(response.status)) return response;
    return (await kept(address)) ?? (await fresh);
  } catch (error) {
    const known = await kept(address);
    if (known) return known;
    throw error;
  }
}

const late = () => new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE_MS));

const nameOf = (url: string) => {
  const { origin, pathname } = new URL(url);
  return addresses.get(origin + pathname);
};

/** Brings the panel to the front where it is open, else opens it. */
async function showAlarms(): Promise<void> {
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const panel = windows.find(({ url }) => nameOf(url) === PAGE);
  if (panel === undefined) {
    await worker.clients.openWindow(new URL('#alarms', scope).href);
    return;
  }
  panel.postMessage(SHOW_ALARMS);
  await panel.focus();
}

addEventListener('notificationclick', (event) => {
  (event as NotificationEvent).notification.close();
  (event as LastingEvent).waitUntil(showAlarms());
});
addEventListener('install', (event) => (event as LastingEvent).waitUntil(fill()));
addEventListener('activate', (event) => (event as LastingEvent).waitUntil(tidy()));
addEventListener('fetch', (event) => {
  const { request } = event as RequestEvent;
  const name = nameOf(request.url);
  if (request.method !== 'GET' || name === undefined) return;
  (event as RequestEvent).respondWith(answer(event as RequestEvent, name));
});
