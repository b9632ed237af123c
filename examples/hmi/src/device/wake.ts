const TICK_MS = 1_000;
/** A timer that is that much late was asleep. */
const SLEEP_MS = 5_000;

/** Calls back when the page may have slept, or the network may be gone or another one. @returns a function that ends it */
export function onWake(callback: () => void): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && callback(), {
    signal,
  });
  addEventListener('pageshow', ({ persisted }) => persisted && callback(), { signal });
  for (const name of ['online', 'offline']) addEventListener(name, callback, { signal });
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > SLEEP_MS) callback();
    last = now;
  }, TICK_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  return () => ending.abort();
}
