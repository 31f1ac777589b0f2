// The spans of one request under each other, each a bar from where it began to where it ended.
import { h } from './dom.js';
import { duration, milliseconds } from './format.js';
import { ticks } from './scale.js';
import { spanBadges } from './states.js';

/** What a span's kind is called. */
export const KINDS = {
  gateway: 'API Gateway', lambda: 'Lambda', function: 'function', step: 'step', aws: 'AWS', remote: 'HTTP', init: 'init',
};

/** `attempt 3 of 3` out of a span's detail, as `[3, 3]`; null when it says nothing of attempts. */
export function attempts(span) {
  const found = /attempt (\d+) of (\d+)/i.exec(span.detail ?? '');
  return found ? [Number(found[1]), Number(found[2])] : null;
}

/** The rows. `choose(span)` is called when somebody picks one; `chosen` is marked. */
export function waterfall(spans, request, chosen, choose) {
  const end = Math.max(request.duration_ms ?? 0, ...spans.map((span) => span.offset_ms + span.duration_ms), 1);
  const begin = Math.min(0, ...spans.map((span) => span.offset_ms));
  const scale = (ms) => `${((100 * (ms - begin)) / (end - begin)).toFixed(3)}%`;
  const marks = ticks(begin, end, 6).filter((tick) => tick >= begin && tick <= end);
  return h('div', { class: 'waterfall' },
    h('div', { class: 'axis', 'aria-hidden': 'true' }, h('span'),
      h('div', { class: 'track' }, marks.map((tick) => h('span', { class: 'tick', style: { left: scale(tick) } }, tick))),
      h('span', { class: 'took muted' }, 'ms')),
    h('ol', { class: 'spans' }, spans.map((span) => h('li', { key: span.id }, row(span, spans, { marks, scale, chosen, choose })))));
}

function row(span, spans, { marks, scale, chosen, choose }) {
  const tone = toneOf(span, spans);
  const tries = retried(span, spans) && attempts(span);
  return h('button', {
    type: 'button',
    class: `span${span.guilty ? ' guilty' : ''}`,
    'data-row': span.id,
    'aria-current': span === chosen ? 'true' : null,
    'aria-label': spoken(span),
    onclick: () => choose(span),
  },
  h('span', { class: 'label' },
    h('span', { class: 'indent', style: { width: `${span.depth * 8}px` } }),
    h('span', { class: 'kind' }, KINDS[span.kind] ?? span.kind),
    h('span', { class: 'name' }, span.name),
    tries && h('span', { class: 'tries' }, `↻ ${tries[0]}/${tries[1]}`),
    spanBadges(span)),
  h('span', { class: 'track' },
    marks.map((tick) => h('span', { class: 'rule', style: { left: scale(tick) } })),
    h('span', { class: `bar ${tone}${span.in_progress ? ' open' : ''}`, style: { left: scale(span.offset_ms), width: `calc(${scale(span.duration_ms)} - ${scale(0)})` } })),
  h('span', { class: 'took number' }, milliseconds(span.duration_ms)));
}

// A first attempt is one of several only if another followed it.
function retried(span, spans) {
  const again = (other) => (attempts(other)?.[0] ?? 1) > 1;
  return again(span) || spans.some((other) => other.parent === span.parent && other.name === span.name && again(other));
}

// A span whose fault is that of a span below it only passes it on, and is drawn more quietly than where the fault began.
function toneOf(span, spans) {
  const below = spans.some((other) => other.parent === span.id && (other.fault || other.throttle));
  if (span.fault) return below ? 'passed' : 'alarm';
  return span.throttle || span.error ? 'warn' : span.kind;
}

function spoken(span) {
  const states = [span.guilty && 'guilty', span.fault && 'fault', span.throttle && 'throttle', span.error && 'error', span.in_progress && 'unfinished'];
  return [`${KINDS[span.kind] ?? span.kind} ${span.name}`, `depth ${span.depth}`, ...states.filter(Boolean),
    `from ${duration(span.offset_ms)}, took ${duration(span.duration_ms)}`, span.detail].filter(Boolean).join(', ');
}
