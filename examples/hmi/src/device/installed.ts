import { SHOW_ALARMS } from './show-alarms.ts';

const WORKER = 'service-worker.js';

/**
 * Keeps the panel's files on this device, so that it opens without the server, or takes them away again.
 * Browsers allow it on secure pages only, and with certificates that they trust; without it all else works.
 * @param isWanted `"offline": false` in panel.json takes it back on every device that comes by
 */
export async function keepShell(isWanted: boolean): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    if (data === SHOW_ALARMS) location.hash = '#alarms';
  });
  try {
    if (isWanted) {
      await navigator.serviceWorker.register(WORKER, { updateViaCache: 'none' });
      return;
    }
    const kept = await navigator.serviceWorker.getRegistration();
    if (kept?.scope !== new URL('./', document.baseURI).href) return;
    await kept.unregister();
    const names = (await caches.keys()).filter((name) => name.startsWith(`vscp-panel ${kept.scope} `));
    await Promise.all(names.map((name) => caches.delete(name)));
  } catch (error) {
    // Without it the panel works all the same, only not without the server.
    console.info(error);
  }
}
