// A line or area chart over time: axes left and right, gaps, thresholds, and one reading line for all charts of the page.
import { clean, extent, nearest, runs, stack, stepOf, times } from './chart_data.js';
import { legend, values } from './chart_legend.js';
import { look } from './chart_style.js';
import { h } from './dom.js';
import { minute, quantity, time } from './format.js';
import { linear, ticks, timeTicks } from './scale.js';

const MARGIN = { top: 12, right: 12, bottom: 22, left: 46, second: 46 };
/** Markers stand where there are at most this many points in a line; more would hide it. */
const MARKED_POINTS = 40;

/**
 * The chart of `{ id, title, series, annotations, stacked, leftLabel, rightLabel, unit, minutes }` in `width` x `height` px.
 * A series is `{ label, color, axis, points: [[ms, value]] }`, an annotation `{ label, value | at_ms, color }`.
 */
export function chart(spec, context) {
  const raw = spec.series.map((one, index) => ({ ...one, points: clean(one.points), style: look(index, one.color) }));
  const step = stepOf(raw);
  const left = raw.filter((one) => one.axis !== 'right');
  const right = raw.filter((one) => one.axis === 'right');
  const all = times(raw);
  if (!all.length) return h('p', { class: 'empty nothing' }, 'No data in this range. ', spec.hint ?? 'Book some rides: cargo lab ride, or choose a longer range.');
  const to = Math.max(context.cloudwatchNow, all.at(-1));
  const from = Math.min(all[0], to - spec.minutes * 60000);
  const frame = {
    left: MARGIN.left, right: spec.width - (right.length ? MARGIN.second : MARGIN.right), top: MARGIN.top + (spec.leftLabel || spec.rightLabel ? 12 : 0), bottom: spec.height - MARGIN.bottom,
  };
  const x = linear(from, to, frame.left, frame.right);
  const stacked = spec.stacked ? [...stack(left), ...right] : raw;
  const axes = { left: axis(stacked, 'left', spec.annotations, frame), right: axis(stacked, 'right', [], frame) };
  const cursor = context.cursor === null ? undefined : nearest(all, context.cursor);
  const point = (at) => {
    context.point(at);
    context.say(`${time(at)}: ${values(raw, at, step, spec.unit).map(({ label, text }) => `${label} ${text}`).join(', ')}`);
  };
  const drawing = h('svg', {
    class: 'chart',
    width: spec.width,
    height: spec.height,
    viewBox: `0 0 ${spec.width} ${spec.height}`,
    tabindex: '0',
    role: 'img',
    'aria-label': `${spec.title ?? 'Chart'}: ${raw.map((one) => one.label).join(', ')}. Arrow keys read it; a table follows.`,
    onmousemove: (event) => {
      const inside = event.clientX - event.currentTarget.getBoundingClientRect().left;
      context.point(nearest(all, from + ((inside - frame.left) / (frame.right - frame.left)) * (to - from)));
    },
    onmouseleave: () => context.point(null),
    onblur: () => context.point(null),
    onkeydown: (event) => {
      const here = cursor === undefined ? all.length : all.indexOf(cursor);
      const next = { ArrowLeft: Math.max(0, here - 1), ArrowRight: Math.min(all.length - 1, here + 1), Home: 0, End: all.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      point(all[next]);
    },
  },
  grid(axes.left, frame, spec.leftLabel),
  right.length > 0 && second(axes.right, frame, spec.rightLabel),
  timeAxis(from, to, x, frame),
  // The areas of a stack from the top one down, each over its own bottom; lines over all areas.
  stacked.map((one, index) => marks(one, index, { x, y: axes[one.axis === 'right' ? 'right' : 'left'].y, step, area: spec.stacked && one.axis !== 'right' })),
  (spec.annotations ?? []).map((note, index) => threshold(note, index, x, axes.left.y, frame, [from, to])),
  cursor !== undefined && h('path', { class: 'cursor', d: `M${x(cursor).toFixed(1)} ${frame.top} V${frame.bottom}` }));
  return h('figure', { class: 'figure' }, drawing, legend(raw, { at: cursor, step, unit: spec.unit, title: spec.title, all, id: spec.id }));
}

function axis(series, side, annotations, frame) {
  const mine = series.filter((one) => (one.axis === 'right') === (side === 'right'));
  const [low, high] = extent(mine, (annotations ?? []).map((note) => note.value).filter(Number.isFinite));
  const list = ticks(low, high, Math.max(2, Math.floor((frame.bottom - frame.top) / 32)));
  return { list, y: linear(list[0], list.at(-1), frame.bottom, frame.top) };
}

function grid({ list, y }, frame, label) {
  return h('g', { class: 'grid' },
    list.map((tick) => h('path', { key: tick, d: `M${frame.left} ${y(tick)} H${frame.right}` })),
    list.map((tick) => h('text', { key: `t${tick}`, x: frame.left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, quantity(tick))),
    label && h('text', { class: 'axis-label', x: 2, y: 9 }, label));
}

function second({ list, y }, frame, label) {
  return h('g', { class: 'grid' },
    list.map((tick) => h('text', { key: tick, x: frame.right + 6, y: y(tick) + 4 }, quantity(tick))),
    label && h('text', { class: 'axis-label', x: frame.right + MARGIN.second - 2, y: 9, 'text-anchor': 'end' }, label));
}

function timeAxis(from, to, x, frame) {
  const list = timeTicks(from, to, Math.max(2, Math.floor((frame.right - frame.left) / 70)));
  const close = list.length > 1 && list[1] - list[0] < 60000;
  return h('g', { class: 'grid' }, list.map((at) => h('text', { key: at, x: x(at), y: frame.bottom + 15, 'text-anchor': 'middle' },
    close ? time(at, at).slice(0, 8) : minute(at))), list.map((at) => h('path', { key: `m${at}`, d: `M${x(at)} ${frame.bottom} v4` })));
}

function marks({ points, style }, index, { x, y, step, area }) {
  const at = ([ms, value]) => `${x(ms).toFixed(1)} ${y(value).toFixed(1)}`;
  const floor = ([ms, , bottom]) => `${x(ms).toFixed(1)} ${y(bottom ?? 0).toFixed(1)}`;
  const list = runs(points, step);
  return h('g', { key: `series ${index}`, class: `series ${style.tone}`, color: style.colour },
    area && list.map((run, part) => h('path', { key: `area ${part}`, class: 'area', d: `M${run.map(at).join(' L')} L${[...run].reverse().map(floor).join(' L')} z` })),
    h('path', { class: 'stroke', d: list.map((run) => `M${run.map(at).join(' L')}`).join(' '), 'stroke-dasharray': style.dash }),
    list.map((run) => run
      // A point alone in its run has no line: only the marker shows that it is there.
      .filter(() => points.length <= MARKED_POINTS || run.length === 1)
      .map((one) => h('path', { key: one[0], class: 'marker', d: style.marker(x(one[0]), y(one[1]), 2.4) }))));
}

function threshold({ label, value, at_ms: at }, index, x, y, frame, [from, to]) {
  if (Number.isFinite(value)) {
    return h('g', { key: `note ${index}`, class: 'threshold' }, h('path', { d: `M${frame.left} ${y(value)} H${frame.right}` }),
      h('text', { x: frame.right - 4, y: y(value) + (y(value) < frame.top + 16 ? 13 : -5), 'text-anchor': 'end' }, label || quantity(value)));
  }
  if (!Number.isFinite(at) || at < from || at > to) return null;
  const near = x(at) > frame.right - 90;
  return h('g', { key: `note ${index}`, class: 'threshold' }, h('path', { d: `M${x(at)} ${frame.top} V${frame.bottom}` }),
    h('text', { x: x(at) + (near ? -4 : 4), y: frame.top + 14, 'text-anchor': near ? 'end' : 'start' }, label ?? minute(at)));
}
