// The keyboard: single keys while nothing is being typed, and the list of them.
import { draw, h } from './dom.js';
import { depth, go, href } from './router.js';
import { TABS } from './views.js';

const LIST = [
  [['/'], 'Go to the filter'],
  [['j', 'k'], 'Next and previous row'],
  [['Enter'], 'Open the row'],
  [['Esc'], 'Back; in a filter: leave it'],
  [TABS.map((_, index) => String(index + 1)), TABS.map((tab) => tab.word).join(', ')],
  [['←', '→'], 'On a chart: read it point by point (Home, End: its ends)'],
  [['?'], 'This list'],
];

/** Where Esc leads when the page before was not one of the console's. */
const PARENT = { request: 'requests', alarm: 'alarms' };

let single = true; // whether single keys act: somebody who speaks to the computer may not want them

/** Draws the list into its dialog. */
export function drawKeys(dialog) {
  draw(dialog, [
    h('h2', { id: 'keys-title' }, 'Keys'),
    h('table', null, h('tbody', null, LIST.map(([keys, what]) =>
      h('tr', null, h('th', { scope: 'row' }, keys.map((key) => [h('kbd', null, key), ' '])), h('td', null, what))))),
    h('p', null, h('label', null, h('input', {
      type: 'checkbox',
      checked: single,
      onchange: (event) => {
        single = event.target.checked;
      },
    }), ' Keys act without Ctrl or Alt')),
    h('button', { type: 'button', autofocus: true, onclick: () => dialog.close() }, 'Close'),
  ]);
}

/** Starts listening. `route()` is where one is; `dialog` shows the list. */
export function listenToKeys({ route, dialog }) {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || dialog.open) return;
    if (event.key === 'Escape') escape(event, route());
    else if (single && !isTyping(event.target) && act(event.key, dialog)) event.preventDefault();
  });
}

function isTyping(target) {
  return target.isContentEditable || target.localName === 'select' || target.localName === 'textarea'
    || (target.localName === 'input' && !['checkbox', 'radio', 'button'].includes(target.type));
}

function act(key, dialog) {
  if (key === '?') dialog.showModal();
  else if (key === '/') document.querySelector('#main [data-filter]')?.focus();
  else if (key === 'j') step(1);
  else if (key === 'k') step(-1);
  else if (TABS[Number(key) - 1]) go(href(TABS[Number(key) - 1].view));
  else return false;
  return true;
}

// Rows are what carries `data-row`: links of a list, spans of a waterfall. From elsewhere one comes to the first or last.
function step(by) {
  const rows = [...document.querySelectorAll('#main [data-row]')];
  const here = rows.indexOf(document.activeElement);
  const next = here < 0 ? (by > 0 ? rows[0] : rows.at(-1)) : rows[here + by];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function escape(event, route) {
  if (isTyping(event.target)) {
    event.target.blur();
    document.querySelector('#main h1')?.focus();
  } else if (depth() > 0) history.back();
  else if (PARENT[route.view]) go(href(PARENT[route.view]));
}
