// Renews the page in place, and says when that fails: without this script the browser loads the whole page anew instead.
const main = document.getElementById('main');
const every = Number(main.dataset.renewedS) * 1000;
const stale = Number(main.dataset.staleS);
let lastGood = Date.now(); // by the browser's clock, which may be another than the server's: only differences count

// What an order said belongs to the moment after it, not to the next loading.
if (location.search) history.replaceState(null, '', location.pathname);

/** What a person has opened, typed or is at, by id. */
function state() {
  const limit = document.getElementById('limit');
  return {
    open: [...main.querySelectorAll('details[open][id]')].map((details) => details.id),
    focus: main.contains(document.activeElement) ? document.activeElement.id : '',
    limit: limit?.value,
    left: main.querySelector('.wide')?.scrollLeft ?? 0,
  };
}

function restore({ open, focus, limit, left }) {
  for (const id of open) document.getElementById(id)?.setAttribute('open', '');
  if (limit !== undefined && document.getElementById('limit')) document.getElementById('limit').value = limit;
  if (main.querySelector('.wide')) main.querySelector('.wide').scrollLeft = left;
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
}

/**
 * Puts in what has changed and leaves the rest where it is: an unchanged alert that is put in again is read out again. Every part of `main` has an id, and
 * their order is always the same.
 */
function update(fresh) {
  const parts = [...fresh.children];
  const wanted = new Set(parts.map((part) => part.id));
  for (const old of [...main.children]) if (!wanted.has(old.id)) old.remove();
  let old = main.firstElementChild;
  for (const part of parts) {
    if (old?.id !== part.id) {
      main.insertBefore(part, old);
      continue;
    }
    const next = old.nextElementSibling;
    // This one is judge()'s, and says what the server cannot know.
    if (old.id !== 'out-of-date' && !old.isEqualNode(part)) old.replaceWith(part);
    old = next;
  }
}

function judge() {
  const since = Math.round((Date.now() - lastGood) / 1000);
  const banner = document.getElementById('out-of-date');
  banner.hidden = since <= stale;
  // By half a minute: each change is read out.
  const told = since - since % 30;
  const text = banner.hidden ? '' : `Old data. This page could not be renewed for over ${told} s; what it shows is over ${told + Number(main.dataset.ageS)} s old.`;
  if (banner.textContent !== text) banner.textContent = text;
}

async function renew() {
  try {
    const response = await fetch(location.pathname, { cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(every) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('main');
    if (!fresh) throw new Error('another page');
    const kept = state();
    main.dataset.ageS = fresh.dataset.ageS;
    update(fresh);
    restore(kept);
    lastGood = Date.now();
  } catch {
    // The next one may work; judge() says how long it has not.
  }
  judge();
}

async function go() {
  if (!document.hidden) await renew();
  setTimeout(go, every);
}
setTimeout(go, every);
setInterval(judge, 1000);
document.addEventListener('visibilitychange', () => { if (!document.hidden) renew(); });
