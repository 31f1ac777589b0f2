// The list of requests with its filters. The filters stand in the address, so that a list can be passed on.
import { h } from './dom.js';
import { requestTable } from './request_table.js';
import { amend, go, href } from './router.js';

const LIMIT = 200;
const FLAGS = [['faulty', 'Faulty'], ['slow', 'Slow'], ['cold', 'Cold start']];
const routes = new Set(); // all that were ever seen, for the choice: the API has no list of them

export const requests = {
  title: () => 'Requests',
  bare: true,
  async load({ query }, get) {
    const { faulty, slow, cold, route, order } = query;
    const answer = await get(['requests'], { faulty, slow, cold, route, order: order || 'newest', limit: LIMIT });
    for (const request of answer.requests) routes.add(`${request.method} ${request.route}`);
    return answer;
  },
  // Back from a request, its row is where one goes on.
  remembered: (before) => (before.view === 'request' ? `[data-row="${CSS.escape(before.id)}"]` : null),
  draw(answer, { route, now }, heading) {
    const shown = answer.requests.filter((request) => matches(request, route.query.q ?? ''));
    return [
      h('div', { class: 'titled' }, heading, h('p', { class: 'muted' }, tally(shown.length, answer))),
      filters(route.query),
      shown.length ? requestTable(shown, { now }) : nothing(route.query, answer),
    ];
  },
};

function filters(query) {
  if (query.route) routes.add(query.route);
  return h('div', { class: 'filters', role: 'search', 'aria-label': 'Requests' },
    h('label', { class: 'wide' }, h('span', { class: 'unseen' }, 'Find in this list, or an id to open '), h('input', {
      type: 'search',
      'data-filter': true,
      placeholder: 'Find: id, route, service, cause, status',
      value: query.q ?? '',
      autocomplete: 'off',
      spellcheck: 'false',
      oninput: (event) => amend({ q: event.target.value }),
      onkeydown: (event) => {
        if (event.key === 'Enter') open(event);
      },
    })),
    FLAGS.map(([name, word]) => h('label', { class: 'flag' }, h('input', {
      type: 'checkbox',
      checked: query[name] === '1',
      onchange: (event) => amend({ [name]: event.target.checked }),
    }), ` ${word}`)),
    h('label', null, 'Route ', h('select', {
      value: query.route ?? '',
      onchange: (event) => amend({ route: event.target.value }),
    }, h('option', { value: '' }, 'all'), [...routes].sort().map((name) => h('option', { key: name, value: name }, name)))),
    h('label', null, 'Order ', h('select', {
      value: query.order ?? 'newest',
      onchange: (event) => amend({ order: event.target.value }),
    }, h('option', { value: 'newest' }, 'newest first'), h('option', { value: 'slowest' }, 'slowest first'))));
}

// Enter goes to the first row of what was found. What looks like a whole id is opened, whether or not it is in the list.
function open(event) {
  const text = event.target.value.trim();
  const row = document.querySelector('#main [data-row]');
  if (row) row.focus();
  else if (/^[\w-]{16,}$/.test(text)) go(href('request', text));
}

function matches(request, wanted) {
  const { id, trace_id, method, route, status, services, error, guilty } = request;
  const text = [id, trace_id, `${method} ${route}`, status, ...services, error, guilty].join('\n').toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function tally(shown, { total, requests: fetched }) {
  if (shown < fetched.length) return `${shown} of ${fetched.length} found${total > fetched.length ? `, ${total} in all` : ''}`;
  return shown < total ? `${shown} of ${total}` : `${total}`;
}

function nothing(query, answer) {
  const filtered = ['q', 'faulty', 'slow', 'cold', 'route'].some((name) => query[name]);
  if (!filtered) return h('p', { class: 'empty' }, 'No requests yet. Book one: ', h('code', null, 'cargo lab ride'));
  return h('p', { class: 'empty' }, answer.requests.length ? 'Nothing in this list matches. ' : 'No request matches these filters. ',
    h('a', { href: href('requests') }, 'Clear the filters'));
}
