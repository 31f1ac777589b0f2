// Errors that are the same one, counted.
import { h } from './dom.js';
import { ago, quantity, time } from './format.js';
import { amend, href } from './router.js';
import { statusBadge } from './states.js';

export const errors = {
  title: () => 'Errors',
  bare: true,
  load: (_, get) => get(['errors']),
  draw({ errors: all }, { route, now }, heading) {
    const wanted = (route.query.q ?? '').toLowerCase();
    const shown = all.filter((error) => [error.service, error.message, error.fingerprint, error.status].join('\n').toLowerCase().includes(wanted));
    return [
      h('div', { class: 'titled' }, heading, h('p', { class: 'muted' }, `${shown.length} of ${all.length} kinds`)),
      all.length > 0 && h('div', { class: 'filters', role: 'search', 'aria-label': 'Errors' }, h('label', { class: 'wide' },
        h('span', { class: 'unseen' }, 'Find in the errors '), h('input', {
          type: 'search',
          'data-filter': true,
          placeholder: 'Find: message, service, fingerprint',
          value: route.query.q ?? '',
          autocomplete: 'off',
          oninput: (event) => amend({ q: event.target.value }),
        }))),
      shown.length ? table(shown, now) : h('p', { class: 'empty' }, all.length
        ? 'No error matches.'
        : ['✓ No errors since the lab was started. ', h('a', { href: href('requests') }, 'All requests')]),
    ];
  },
};

function table(all, now) {
  const heads = [['Count', 'number'], ['Message'], ['Service'], ['Status'], ['First'], ['Last'], ['Fingerprint']];
  return h('div', { class: 'scroll' }, h('table', { class: 'list errors' },
    h('thead', null, h('tr', null, heads.map(([word, kind]) => h('th', { scope: 'col', class: kind }, word)))),
    h('tbody', null, [...all].sort((a, b) => b.last_ms - a.last_ms).map((error) => h('tr', { key: error.fingerprint },
      h('td', { class: 'number' }, quantity(error.count)),
      h('td', { class: 'message' },
        h('a', { href: href('request', error.example.request_id ?? error.example.trace_id), 'data-row': error.fingerprint, title: 'Open an example' }, error.message),
        error.example.text && error.example.text !== error.message && h('div', { class: 'muted wrap' }, error.example.text)),
      h('td', null, error.service),
      h('td', null, error.status ? statusBadge(error.status) : '–'),
      h('td', { class: 'when' }, time(error.first_ms, now)),
      h('td', { class: 'when' }, time(error.last_ms, now), h('span', { class: 'muted' }, ` ${ago(error.last_ms, now)}`)),
      h('td', { class: 'id' }, error.fingerprint.slice(0, 12)))))));
}
