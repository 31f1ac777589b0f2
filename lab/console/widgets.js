// The widgets of a dashboard.
import { shortName } from './alarm_strip.js';
import { chart } from './chart.js';
import { clean } from './chart_data.js';
import { legendHeight } from './chart_legend.js';
import { h } from './dom.js';
import { quantity, time } from './format.js';
import { markdown } from './markdown.js';
import { href } from './router.js';
import { ALARM_STATES, alarmState } from './states.js';

/** What padding and border of a widget and its heading take, px. */
const PADDING = 18;
const HEADING = 24;

/** A widget in `room` (`width`, `height`, px, border included). */
export function widget(spec, room, context) {
  const draw = { metric, text, alarm, log }[spec.type];
  if (!draw) return h('p', { class: 'empty' }, `The console draws no widgets of type ${spec.type}.`);
  return [spec.title && h('h2', null, spec.title), draw(spec, room, context)];
}

function metric(spec, room, context) {
  const series = spec.series ?? [];
  if (spec.view === 'singleValue') return single(series);
  if (spec.view === 'table' || spec.view === 'bar' || spec.view === 'pie' || spec.view === 'gauge') return table(series);
  return chart({
    id: spec.id,
    title: spec.title,
    series,
    annotations: spec.annotations ?? [],
    stacked: spec.stacked,
    leftLabel: spec.left_label,
    rightLabel: spec.right_label,
    unit: null,
    minutes: spec.minutes,
    hint: 'Book some rides: cargo lab ride.',
    width: Math.max(160, Math.floor(room.width - PADDING)),
    height: Math.max(90, Math.floor(room.height - PADDING - (spec.title ? HEADING : 0) - legendHeight(series, room.width - PADDING))),
  }, context);
}

// The newest value, as CloudWatch shows it.
function single(series) {
  return h('dl', { class: 'singles' }, series.map((one, index) => {
    const last = clean(one.points).at(-1);
    return h('div', { key: index }, h('dt', null, one.label),
      h('dd', { class: 'number', title: last ? time(last[0]) : 'no data' }, last ? quantity(last[1]) : h('span', { class: 'muted' }, 'no data')));
  }));
}

function table(series) {
  const row = (one) => {
    const all = clean(one.points).map((point) => point[1]);
    return [all.at(-1), all.length ? Math.min(...all) : undefined, all.length ? Math.max(...all) : undefined];
  };
  return h('div', { class: 'scroll' }, h('table', { class: 'list' },
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Metric'), ['Latest', 'Lowest', 'Highest'].map((word) => h('th', { scope: 'col', class: 'number' }, word)))),
    h('tbody', null, series.map((one, index) => h('tr', { key: index }, h('th', { scope: 'row' }, one.label), row(one).map((value) => h('td', { class: 'number' }, quantity(value))))))));
}

function text(spec) {
  return h('div', { class: 'prose' }, markdown(spec.markdown, 2));
}

// By the state in which they are now; one that the lab does not know is said to be unknown.
function alarm(spec, room, { alarms, state }) {
  const now = new Map((alarms?.alarms ?? []).map((one) => [one.name, one.state]));
  const rank = (name) => ALARM_STATES.indexOf(now.get(name) ?? 'OK');
  return h('ul', { class: 'chips' }, [...(spec.alarms ?? [])].sort((a, b) => rank(a) - rank(b)).map((name) => {
    const { symbol, word, tone } = alarmState(now.get(name) ?? 'unknown');
    return h('li', { key: name }, h('a', { class: `chip ${tone}`, href: href('alarm', name), title: `${name}: ${word}` },
      h('span', { 'aria-hidden': 'true' }, symbol), ' ', h('span', { class: tone === 'ok' ? 'unseen' : 'word' }, word, ' '), h('span', { class: 'name' }, shortName(name, state))));
  }));
}

function log(spec) {
  return h('div', null, h('p', { class: 'muted' }, 'A Logs Insights query, which AWS runs. Here: ', h('code', null, 'cargo lab logs'), ', or a request’s own lines.'),
    h('pre', { class: 'query', tabindex: '0' }, spec.query));
}
