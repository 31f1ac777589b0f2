// The first page: the map of who calls whom, and the requests that failed last.
import { callTable, serviceMap } from './map.js';
import { h } from './dom.js';
import { requestTable } from './request_table.js';
import { amend, href } from './router.js';

/** Windows of the map, in minutes. */
const WINDOWS = [1, 5, 15, 60];
const LATEST = 12;

export const overview = {
  title: () => 'Overview',
  bare: true,
  async load({ query }, get) {
    const [map, faulty] = await Promise.all([
      get(['map'], { minutes: query.minutes || 5 }),
      get(['requests'], { faulty: true, limit: LATEST, order: 'newest' }),
    ]);
    return { map, faulty };
  },
  draw({ map, faulty }, { route, now }, heading) {
    const chosen = Number(route.query.minutes) || 5;
    return [
      h('div', { class: 'titled' }, heading,
        h('label', { class: 'end' }, 'Last ', h('select', {
          value: String(chosen),
          'data-filter': true,
          onchange: (event) => amend({ minutes: event.target.value }),
        }, WINDOWS.map((minutes) => h('option', { value: String(minutes) }, `${minutes} min`))))),
      map.nodes.length
        ? serviceMap(map)
        : h('p', { class: 'empty' }, 'No traffic in this window. Book a ride: ', h('code', null, 'cargo lab ride')),
      h('div', { class: 'columns' },
        h('section', { 'aria-labelledby': 'latest' },
          h('h2', { id: 'latest' }, 'Latest faulty requests ', h('a', { href: href('requests', '', { faulty: true }) }, `all ${faulty.total}`)),
          faulty.requests.length
            ? requestTable(faulty.requests, { now, brief: true })
            : h('p', { class: 'empty' }, '✓ No faulty requests. ', h('a', { href: href('requests', '', { order: 'slowest' }) }, 'See the slowest'))),
        map.edges.length > 0 && h('section', { 'aria-labelledby': 'calls' }, h('h2', { id: 'calls' }, 'Calls'), callTable(map))),
    ];
  },
};
