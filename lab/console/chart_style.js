// How series are told apart: by colour, by the dashes of the line and by the shape of the marker, so that colour is never alone.
import { h } from './dom.js';
import { readable } from './colour.js';

const DASHES = ['', '7 3', '2 3', '9 3 2 3', '12 4', '4 2 1 2 1 2'];
const SHAPES = [
  (x, y, r) => `M${x - r} ${y} a${r} ${r} 0 1 0 ${2 * r} 0 a${r} ${r} 0 1 0 ${-2 * r} 0`,
  (x, y, r) => `M${x - r} ${y - r} h${2 * r} v${2 * r} h${-2 * r} z`,
  (x, y, r) => `M${x} ${y - r * 1.3} L${x + r * 1.2} ${y + r} H${x - r * 1.2} z`,
  (x, y, r) => `M${x} ${y - r * 1.4} L${x + r * 1.4} ${y} L${x} ${y + r * 1.4} L${x - r * 1.4} ${y} z`,
  (x, y, r) => `M${x} ${y + r * 1.3} L${x + r * 1.2} ${y - r} H${x - r * 1.2} z`,
  (x, y, r) => `M${x - r} ${y - r} L${x + r} ${y + r} M${x - r} ${y + r} L${x + r} ${y - r}`,
];

/** What the series of this number is drawn with; `wanted` is the dashboard's own colour, taken where it can be seen. */
export function look(number, wanted) {
  const index = number % DASHES.length;
  const colour = readable(wanted) ? wanted : null;
  return { tone: colour ? 'own-colour' : `series-${index}`, colour, dash: DASHES[index], marker: (x, y, r = 3) => SHAPES[index](x, y, r) };
}

/** A marker, as the symbol in a legend. */
export function swatch({ tone, colour, dash, marker }) {
  return h('svg', { class: `swatch ${tone}`, width: 34, height: 12, 'aria-hidden': 'true', color: colour },
    h('path', { class: 'stroke', d: 'M0 6 H34', 'stroke-dasharray': dash }),
    h('path', { class: 'marker', d: marker(17, 6) }));
}
