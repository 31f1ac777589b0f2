// Renews the page in place, and says when that fails: without this script the browser loads the whole page anew instead.
const main = document.getElementById('main');
const every = Number(main.dataset.renewedS) * 1000;
const stale = Number(main.dataset.staleS);
const shift = Date.now() / 1000 - Number(main.dataset.asOf); // the browser's clock may be another
let lastGood = Date.now();

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

function judge() {
  const age = Math.round(Date.now() / 1000 - shift - Number(main.dataset.asOf));
  const banner = document.getElementById('out-of-date');
  banner.hidden = age <= stale;
  if (!banner.hidden) banner.textContent = `Old data. This page could not be renewed for ${Math.round((Date.now() - lastGood) / 1000)} s; what it shows is ${age} s old.`;
}

async function renew() {
  try {
    const response = await fetch(location.pathname, { cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(every) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('main');
    if (!fresh) throw new Error('another page');
    const kept = state();
    main.dataset.asOf = fresh.dataset.asOf;
    main.replaceChildren(...fresh.childNodes);
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
