// One request: what went where for how long, and what everybody said meanwhile.
import { h } from './dom.js';
import { duration, time } from './format.js';
import { lines } from './lines.js';
import { amend, href } from './router.js';
import { spanDetail } from './span_detail.js';
import { requestBadges, statusBadge } from './states.js';
import { waterfall } from './waterfall.js';

export const request = {
  title: (route) => `Request ${route.id.slice(0, 8)}`,
  bare: true,
  missing: () => ['The lab knows no request of this id; it forgets them when it stops. ', h('a', { href: href('requests') }, 'All requests'), ' '],
  load: ({ id }, get) => get(['requests', id]),
  draw({ request: found, spans, lines: said, missing }, context) {
    const chosen = spans.find((span) => span.id === context.route.query.span) ?? telling(spans);
    const choose = (span) => amend({ span: span.id });
    return [
      h('div', { class: 'titled' }, h('h1', { tabindex: '-1' }, `${found.method} ${found.route}`), statusBadge(found.status),
        h('span', { class: 'number' }, duration(found.duration_ms)), requestBadges(found),
        h('span', { class: 'number muted' }, time(found.at_ms, context.now))),
      found.guilty && h('p', { class: 'verdict' }, h('strong', null, '◆ Guilty: '), h('span', { class: 'blame' }, found.guilty),
        found.error && ` — ${found.error}`),
      !found.guilty && found.error && h('p', { class: 'verdict' }, h('strong', null, '✕ Error: '), found.error),
      h('p', { class: 'ids muted' }, 'Request ', h('code', null, found.id), ' Trace ', h('code', null, found.trace_id ?? 'none')),
      missing?.length > 0 && h('ul', { class: 'missing', 'aria-label': 'What is missing' }, missing.map((text) => h('li', null, '? ', text))),
      h('section', { 'aria-labelledby': 'spans' }, h('h2', { id: 'spans' }, 'Waterfall'),
        spans.length
          ? h('div', { class: 'trace' }, waterfall(spans, found, chosen, choose), spanDetail(chosen, found))
          : h('p', { class: 'empty' }, 'No spans: this request was not sampled. Its log lines are below.')),
      h('section', { 'aria-labelledby': 'lines' }, h('h2', { id: 'lines' }, 'Log lines'), lines(said, found, context)),
    ];
  },
};

/** The span to look at first: the guilty one, else the deepest that failed, else the first. */
function telling(spans) {
  const failed = spans.filter((span) => span.fault || span.throttle);
  return spans.find((span) => span.guilty) ?? failed.sort((a, b) => b.depth - a.depth)[0] ?? spans[0];
}
