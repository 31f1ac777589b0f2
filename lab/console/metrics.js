// Any metric that the lab has, as a chart.
import { chart } from './chart.js';
import { h } from './dom.js';
import { amend, href } from './router.js';

const STATISTICS = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p90', 'p99', 'p99.9'];
const PERIODS = [[60, '1 min'], [300, '5 min'], [3600, '1 h']];
const RANGES = [[15, '15 min'], [60, '1 h'], [180, '3 h'], [1440, '1 d']];
const dimensionText = (dimensions) => Object.entries(dimensions).map(([name, value]) => `${name}=${value}`).join(',');

/** The statistic that says most of a unit, until somebody chooses. */
function statisticFor(metric) {
  return metric?.unit === 'Milliseconds' ? 'p99' : 'Sum';
}

/** What is asked for: the address, with what it leaves open filled in. */
function chosenOf(query, catalogue) {
  const metric = catalogue?.find((one) => one.namespace === query.namespace && one.name === query.name && dimensionText(one.dimensions) === (query.dimensions ?? ''));
  return { stat: query.stat || statisticFor(metric), period: query.period || '60', minutes: query.minutes || '60', metric };
}

/** What tells one chart from another: an answer to another question is not shown under this one's name. */
function question(query, catalogue) {
  const { stat, period, minutes } = chosenOf(query, catalogue);
  return [query.namespace, query.name, query.dimensions, stat, period, minutes].join('\n');
}

export const metrics = {
  title: () => 'Metrics',
  bare: true,
  async load({ query }, get) {
    const { metrics: catalogue } = await get(['metrics'], {});
    const { stat, period, minutes } = chosenOf(query, catalogue);
    const { namespace, name, dimensions } = query;
    const data = name ? await get(['metrics', 'data'], { namespace, name, dimensions, stat, period, minutes }) : null;
    return { catalogue, data, asked: question(query, catalogue) };
  },
  draw({ catalogue, data, asked }, context, heading) {
    const { query } = context.route;
    if (!catalogue.length) return [heading, h('p', { class: 'empty' }, 'No metrics yet. Book a ride, and they come within a minute: ', h('code', null, 'cargo lab ride'))];
    return [
      h('div', { class: 'titled' }, heading, h('p', { class: 'muted' }, `${catalogue.length} metrics`)),
      h('div', { class: 'picker' }, picker(catalogue, query), query.name
        ? shown(asked === question(query, catalogue) ? data : null, chosenOf(query, catalogue), context)
        : h('p', { class: 'empty' }, 'Pick a metric on the left.')),
    ];
  },
};

function picker(catalogue, query) {
  const words = (query.q ?? '').toLowerCase().split(/\s+/);
  const found = catalogue.filter((metric) => {
    const text = `${metric.namespace} ${metric.name} ${dimensionText(metric.dimensions)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const spaces = [...new Set(found.map((metric) => metric.namespace))].sort();
  return h('nav', { class: 'metrics', 'aria-label': 'Metrics' },
    h('label', null, h('span', { class: 'unseen' }, 'Find a metric '), h('input', {
      type: 'search', 'data-filter': true, placeholder: 'Find: name, service, table', value: query.q ?? '', autocomplete: 'off', spellcheck: 'false',
      oninput: (event) => amend({ q: event.target.value }),
    })),
    !found.length && h('p', { class: 'empty' }, 'No metric matches.'),
    spaces.map((namespace) => h('section', { key: namespace }, h('h2', null, namespace), h('ul', null,
      found.filter((metric) => metric.namespace === namespace)
        .sort((a, b) => a.name.localeCompare(b.name) || dimensionText(a.dimensions).localeCompare(dimensionText(b.dimensions)))
        .map((metric) => entry(metric, query))))));
}

function entry(metric, query) {
  const { namespace, name } = metric;
  const dimensions = dimensionText(metric.dimensions);
  const { q, period, minutes } = query;
  const here = namespace === query.namespace && name === query.name && dimensions === (query.dimensions ?? '');
  return h('li', { key: `${name} ${dimensions}` }, h('a', {
    href: href('metrics', '', { namespace, name, dimensions, q, period, minutes }),
    'data-row': `${name} ${dimensions}`,
    'aria-current': here ? 'true' : null,
  }, name, h('span', { class: 'muted' }, ` ${Object.values(metric.dimensions).join(' · ')}`)));
}

function shown(data, { stat, period, minutes, metric }, context) {
  const { query } = context.route;
  const choice = (word, name, value, options) => h('label', null, `${word} `, h('select', {
    value,
    onchange: (event) => amend({ [name]: event.target.value }),
  }, options.map(([option, text]) => h('option', { value: String(option) }, text))));
  return h('section', { class: 'explorer', 'aria-label': 'Chart' },
    h('h2', null, query.name, h('span', { class: 'muted' }, ` ${query.namespace} · ${(query.dimensions || 'no dimensions').replaceAll(',', ', ')}`)),
    h('div', { class: 'filters' },
      choice('Statistic', 'stat', stat, STATISTICS.map((name) => [name, name])),
      choice('Period', 'period', period, PERIODS),
      choice('Range', 'minutes', minutes, RANGES)),
    data
      ? chart({
        id: 'metric',
        title: `${query.name} ${stat}`,
        series: [{ label: data.label || `${query.name} ${stat}`, points: data.points, axis: 'left' }],
        annotations: [],
        leftLabel: data.unit && data.unit !== 'None' ? data.unit : '',
        unit: stat === 'SampleCount' ? 'Count' : data.unit ?? metric?.unit,
        minutes: Number(minutes),
        width: Math.max(320, context.width > 900 ? context.width - 372 : context.width - 8),
        height: 360,
      }, context)
      : h('p', { class: 'empty' }, 'Asking the lab …'));
}
