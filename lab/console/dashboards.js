// The template's dashboards, drawn as CloudWatch lays them out: a grid of 24 columns.
import { h } from './dom.js';
import { amend, href } from './router.js';
import { widget } from './widgets.js';

const RANGES = [[15, '15 min'], [60, '1 h'], [180, '3 h'], [720, '12 h']];
/** Height of one row of the grid and the gap between widgets, px. */
const ROW = 46;
const GAP = 8;
const COLUMNS = 24;
/** Below this width, px, widgets stand one under the other. */
const NARROW = 800;

export const dashboards = {
  title: (route) => (route.id ? `Dashboard ${route.id}` : 'Dashboards'),
  bare: true,
  async load({ id, query }, get) {
    const { dashboards: all } = await get(['dashboards']);
    const name = id || all[0]?.name;
    return { all, board: name ? await get(['dashboards', name], { minutes: query.minutes || 60 }) : null };
  },
  missing: () => ['The template has no dashboard of this name. ', h('a', { href: href('dashboards') }, 'All dashboards'), ' '],
  draw({ all, board }, context, heading) {
    if (!board) return [heading, h('p', { class: 'empty' }, 'The template has no dashboards: add an ', h('code', null, 'AWS::CloudWatch::Dashboard'), '.')];
    const minutes = context.route.query.minutes || '60';
    const narrow = context.width < NARROW;
    const column = (context.width - GAP * (COLUMNS - 1)) / COLUMNS;
    return [
      h('div', { class: 'titled' }, h('h1', { tabindex: '-1' }, 'Dashboards'),
        h('nav', { class: 'boards', 'aria-label': 'Dashboards' }, all.map(({ name }) => h('a', {
          key: name, href: href('dashboards', name, { minutes: context.route.query.minutes }), 'data-row': name, 'aria-current': name === board.name ? 'page' : null,
        }, name))),
        h('label', { class: 'end' }, 'Last ', h('select', {
          value: minutes,
          'data-filter': true,
          onchange: (event) => amend({ minutes: event.target.value }),
        }, RANGES.map(([value, word]) => h('option', { value: String(value) }, word))))),
      board.widgets.length === 0 && h('p', { class: 'empty' }, 'This dashboard has no widgets.'),
      h('div', { class: `board${narrow ? ' narrow' : ''}` }, board.widgets.map((one, index) => h('section', {
        key: `${board.name} ${index}`,
        class: `widget ${one.type}`,
        'aria-label': one.title || one.type,
        style: narrow ? {} : {
          'grid-column': `${one.x + 1} / span ${one.width}`,
          'grid-row': `${one.y + 1} / span ${one.height}`,
        },
      }, widget({ ...one, id: `${board.name} ${index}`, minutes: Number(minutes) }, {
        width: narrow ? context.width : column * one.width + GAP * (one.width - 1),
        height: ROW * one.height + GAP * (one.height - 1),
      }, context)))),
    ];
  },
};
