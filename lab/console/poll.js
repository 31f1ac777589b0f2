// Calls a task again and again while the page can be seen. One run at a time; a new one gives up the one before.

/** Pause between the end of one run and the start of the next, in ms. */
const PAUSE_MS = 2000;

/** `task(signal)` is a promise of a run; it handles its own failures. Returns `{ now, stop }`. */
export function poll(task) {
  let running = null;
  let timer = null;

  async function run() {
    clearTimeout(timer);
    running?.abort();
    const mine = new AbortController();
    running = mine;
    await task(mine.signal);
    if (running === mine && !document.hidden) timer = setTimeout(run, PAUSE_MS);
  }

  function pause() {
    clearTimeout(timer);
    running?.abort();
    running = null;
  }

  function onVisibility() {
    if (document.hidden) pause();
    else run();
  }

  document.addEventListener('visibilitychange', onVisibility);
  if (!document.hidden) run();
  return {
    now: run,
    stop() {
      document.removeEventListener('visibilitychange', onVisibility);
      pause();
    },
  };
}
