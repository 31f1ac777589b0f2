// What is known of one span.
import { h } from './dom.js';
import { milliseconds, time } from './format.js';
import { spanBadges } from './states.js';
import { attempts, KINDS } from './waterfall.js';

/** The pane beside the waterfall. */
export function spanDetail(span, request) {
  const tries = attempts(span);
  const annotations = Object.entries(span.annotations ?? {});
  return h('aside', { class: 'detail', 'aria-label': 'Selected span' },
    h('h3', null, span.name, ' ', spanBadges(span)),
    h('dl', { class: 'facts' },
      fact('Kind', KINDS[span.kind] ?? span.kind),
      fact('Service', span.service),
      span.detail && fact('Did', span.detail),
      span.cause && fact('Cause', h('span', { class: 'blame' }, span.cause)),
      tries && fact('Attempts', dots(tries), ` ${tries[0]} of ${tries[1]}`),
      fact('From', h('span', { class: 'number' }, `+${milliseconds(span.offset_ms)} ms`), h('span', { class: 'muted number' }, ` ${time(request.at_ms + span.offset_ms)}`)),
      fact('Took', h('span', { class: 'number' }, `${milliseconds(span.duration_ms)} ms`),
        request.duration_ms > 0 && h('span', { class: 'muted' }, ` ${Math.round((100 * span.duration_ms) / request.duration_ms)} % of the request`)),
      fact('Span', h('code', null, span.id))),
    annotations.length > 0 && [h('h4', null, 'Annotations'), h('dl', { class: 'facts' },
      annotations.map(([name, value]) => fact(name, h('code', null, typeof value === 'object' ? JSON.stringify(value) : String(value)))))]);
}

// A dot an attempt: the ones made are filled.
function dots([made, allowed]) {
  return h('span', { class: 'tries', 'aria-hidden': 'true' }, '●'.repeat(made), '○'.repeat(Math.max(0, allowed - made)));
}

function fact(name, ...value) {
  return [h('dt', null, name), h('dd', null, value)];
}
