// Requests as rows of a table.
import { h } from './dom.js';
import { milliseconds, time } from './format.js';
import { href } from './router.js';
import { requestBadges, statusBadge } from './states.js';

/** The table. `brief` leaves out what does not help to pick a faulty one. */
export function requestTable(requests, { now, brief = false }) {
  const slowest = Math.max(1, ...requests.map((request) => request.duration_ms));
  const heads = [['Time'], ['Status'], ['Request'], ['ms', 'number'], !brief && ['Notable'], ['Guilty, or error'], !brief && ['Services'], !brief && ['Id']].filter(Boolean);
  return h('div', { class: 'scroll' }, h('table', { class: 'list requests' },
    h('thead', null, h('tr', null, heads.map(([word, kind]) => h('th', { scope: 'col', class: kind }, word)))),
    h('tbody', null, requests.map((request) => row(request, slowest, now, brief)))));
}

function row(request, slowest, now, brief) {
  const place = href('request', request.id);
  return h('tr', {
    key: request.id,
    class: request.faulty ? 'bad' : null,
    // The whole row is a target for the mouse; the link in it is the one for the keyboard. Marked text is not a click.
    onclick: (event) => {
      if (!event.target.closest('a') && !String(getSelection())) location.hash = place;
    },
  },
  h('td', { class: 'when' }, time(request.at_ms, now)),
  h('td', null, statusBadge(request.status)),
  h('td', { class: 'route' }, h('a', { href: place, 'data-row': request.id }, `${request.method} ${request.route}`)),
  h('td', { class: 'number' }, h('span', { class: 'amount' },
    h('span', { class: `bar${request.slow ? ' slow' : ''}`, style: { width: `${Math.max(1, (100 * request.duration_ms) / slowest)}%` } }),
    h('span', null, milliseconds(request.duration_ms)))),
  !brief && h('td', { class: 'badges' }, requestBadges(request)),
  h('td', { class: 'clip', title: request.error ?? request.guilty }, blame(request)),
  !brief && h('td', { class: 'clip muted' }, request.services.join(' › ')),
  !brief && h('td', { class: 'id', title: request.id }, request.id.slice(0, 8)));
}

function blame({ guilty, error }) {
  if (guilty) return h('span', { class: 'blame' }, h('span', { 'aria-hidden': 'true' }, '◆ '), h('span', { class: 'unseen' }, 'guilty: '), guilty);
  return error ?? h('span', { class: 'muted' }, '–');
}
