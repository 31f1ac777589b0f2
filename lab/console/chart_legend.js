// Under a chart: which line is which, what it says at the reading line, and the same as a table.
import { valueAt } from './chart_data.js';
import { swatch } from './chart_style.js';
import { h } from './dom.js';
import { measured, time } from './format.js';

/** Rows of the table: newest first, not more than one reads. */
const TABLE_ROWS = 120;

/** Height of a line of the legend, px. */
const LINE = 20;
/** Width of what stands beside the labels, and of one letter, px; rather too wide than too narrow. */
const BESIDE = { time: 180, table: 70, series: 120, letter: 6.8 };

/** Height to keep free for the legend of these series in a chart of this width, px. */
export function legendHeight(series, width) {
  let lines = 1;
  let used = BESIDE.time;
  for (const { label, axis } of series) {
    const wanted = BESIDE.series + ((label ?? '').length + (axis === 'right' ? 8 : 0)) * BESIDE.letter;
    if (used + wanted > width - BESIDE.table) {
      lines += 1;
      used = 0;
    }
    used += wanted;
  }
  return lines * LINE + 2;
}

/** What each series says at `at`. */
export function values(series, at, step, unit) {
  return series.map((one) => {
    const value = valueAt(one.points, at, step);
    return { label: one.label, text: value === undefined ? 'no data' : measured(value, one.unit ?? unit) };
  });
}

/** The legend. Without a reading line it tells the latest values. */
export function legend(series, { at, step, unit, title, all, id }) {
  const moment = at ?? all.at(-1);
  const said = values(series, moment, step, unit);
  return h('figcaption', null,
    h('div', { class: 'reading' }, h('span', { class: 'muted number' }, at === undefined ? `latest ${time(moment)}` : time(at)),
      h('ul', null, series.map((one, index) => h('li', { key: index }, swatch(one.style), ' ', one.label, one.axis === 'right' && h('span', { class: 'muted' }, ' (right)'),
        ' ', h('strong', { class: 'number' }, said[index].text))))),
    h('details', { key: id, class: 'as-table' }, h('summary', null, 'Table'),
      h('div', { class: 'scroll' }, h('table', { class: 'list' },
        h('caption', { class: 'unseen' }, title ?? 'The values of the chart'),
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Time'), series.map((one) => h('th', { scope: 'col', class: 'number' }, one.label)))),
        h('tbody', null, [...all].reverse().slice(0, TABLE_ROWS).map((moment) => h('tr', { key: moment },
          h('th', { scope: 'row', class: 'when' }, time(moment)),
          values(series, moment, step, unit).map(({ text }) => h('td', { class: 'number' }, text)))))))));
}
