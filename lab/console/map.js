// The service map: who calls whom, how often, how fast, and where the failures begin.
import { h } from './dom.js';
import { count, duration, quantity } from './format.js';
import { begun, BOX, failed, layout } from './map_layout.js';
import { href } from './router.js';

/** Thickness of the edge with the highest rate, in px; the others by the square root of theirs, down to 1. */
const THICKEST = 7;
/** Distance of the middle of an edge's figures from its end, px. */
const FLAT = 50;
const KINDS = { client: 'client', gateway: 'API Gateway', function: 'function', aws: 'AWS', remote: 'remote' };
const perSecond = (rate) => `${quantity(rate)}/s`;

/** The map as a drawing. The table of calls says the same in text. */
export function serviceMap({ nodes, edges }) {
  const plan = layout(nodes, edges);
  const busiest = Math.max(...plan.edges.map((edge) => edge.rate_per_s), 1e-9);
  return h('div', { class: 'scroll map' }, h('svg', {
    viewBox: `0 0 ${plan.width} ${plan.height}`,
    width: plan.width,
    height: plan.height,
    role: 'group',
    'aria-label': 'Service map. The table of calls has the same figures.',
  }, h('defs', null, ['plain', 'bad'].map((tone) => h('marker', {
    key: tone, id: `arrow-${tone}`, class: `arrow ${tone}`, viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 10, markerHeight: 10,
    markerUnits: 'userSpaceOnUse', orient: 'auto',
  }, h('path', { d: 'M0 1 L10 5 L0 9 z' })))),
  plan.edges.map((edge) => line(edge, plan, busiest)),
  nodes.map((node) => box(node, edges, plan.at.get(node.id))),
  plan.edges.map((edge) => label(edge, plan, busiest))));
}

// From the right side of the caller to the left side of the called, past the boxes of the columns between them;
// or, against the stream, underneath all.
function course(edge, plan) {
  const from = plan.at.get(edge.from);
  const to = plan.at.get(edge.to);
  if (plan.back.has(edge)) {
    const [x1, x2] = [from.x + BOX.width / 2, to.x + BOX.width / 2];
    const low = plan.height - 4;
    return { d: `M${x1} ${from.y + BOX.height} C${x1} ${low} ${x2} ${low} ${x2} ${to.y + BOX.height + 1}`, x: (x1 + x2) / 2, y: low - 8, below: false };
  }
  const stops = [[from.x + BOX.width, from.y + BOX.height / 2], ...plan.detours.get(edge).flatMap(({ x, y }) => [[x, y], [x + BOX.width, y]]), [to.x - 1, plan.arrivals.get(edge)]];
  const d = stops.slice(1).map(([x2, y2], index) => {
    const [x1, y1] = stops[index];
    // It takes its height soon, so that the last part lies flat and apart from the other edges, with room for figures.
    return index % 2 ? `H${x2}` : `C${x1 + (x2 - x1) * 0.42} ${y1} ${x1 + (x2 - x1) * 0.22} ${y2} ${x2} ${y2}`;
  });
  // Its figures stand where it passes a column, else on the flat part before its end.
  const [x, y] = stops.length > 2 ? [stops[1][0] + BOX.width / 2, stops[1][1]] : [to.x - FLAT, stops[1][1]];
  const neighbours = plan.edges.filter((other) => other.to === edge.to && plan.arrivals.has(other)).map((other) => plan.arrivals.get(other));
  const below = neighbours.length > 1 ? y > Math.min(...neighbours) : stops.at(-1)[1] > stops[0][1] + 4;
  return { d: `M${stops[0].join(' ')} ${d.join(' ')}`, x, y, below: stops.length === 2 && below };
}

const thickness = (edge, busiest) => 1 + (THICKEST - 1) * Math.sqrt(edge.rate_per_s / busiest);

function line(edge, plan, busiest) {
  const bad = failed(edge) > 0;
  return h('path', {
    key: `line ${edge.from} ${edge.to}`,
    class: `edge ${bad ? 'bad' : 'plain'}`,
    d: course(edge, plan).d,
    'stroke-width': thickness(edge, busiest).toFixed(2),
    'marker-end': `url(#arrow-${bad ? 'bad' : 'plain'})`,
  });
}

// How often, how fast and how often wrong, on the side of the line from which it does not come.
function label(edge, plan, busiest) {
  const { x, y, below } = course(edge, plan);
  const room = thickness(edge, busiest) / 2 + (below ? 13 : 4);
  const lines = [
    [perSecond(edge.rate_per_s), 'plain'],
    [`p99 ${duration(edge.p99_ms)}`, 'plain'],
    edge.faults > 0 && [`✕ ${count(edge.faults, 'fault')}`, 'bad'],
    edge.throttles > 0 && [`⊘ ${quantity(edge.throttles)} throttled`, 'bad'],
  ].filter(Boolean);
  const first = below ? y + room : y - room - (lines.length - 1) * 13;
  return h('g', { key: `label ${edge.from} ${edge.to}`, 'aria-hidden': 'true' },
    lines.map(([words, tone], index) => h('text', { class: `edge-label ${tone}`, x, y: first + index * 13, 'text-anchor': 'middle' }, words)));
}

function box(node, edges, { x, y }) {
  const { kind, name } = title(node);
  const own = begun(node, edges);
  const bad = failed(node);
  const tone = own > 0 ? 'guilty' : bad > 0 && node.kind !== 'client' ? 'suffers' : 'healthy';
  const verdict = {
    guilty: '◆ guilty: begins here',
    suffers: `▽ suffers: ${count(bad, 'fault')}`,
    healthy: node.kind === 'client' && bad > 0 ? `✕ saw ${count(bad, 'failure')}` : node.errors > 0 ? `! ${count(node.errors, 'caller error')}` : '✓ no failures',
  }[tone];
  return h('a', { key: `box ${node.id}`, class: `node ${tone}`, href: href('requests', '', { q: node.kind === 'client' ? '' : node.name }), 'aria-label': spoken(node, verdict) },
    h('title', null, spoken(node, verdict)),
    h('rect', { x, y, width: BOX.width, height: BOX.height, rx: 5 }),
    tone === 'guilty' && h('rect', { class: 'inner', x: x + 3, y: y + 3, width: BOX.width - 6, height: BOX.height - 6, rx: 3 }),
    h('text', { class: 'kind', x: x + 10, y: y + 16 }, kind),
    h('text', { class: 'rate', x: x + BOX.width - 10, y: y + 16, 'text-anchor': 'end' }, perSecond(node.rate_per_s)),
    h('text', { class: 'name', x: x + 10, y: y + 33 }, name),
    h('text', { class: 'speed', x: x + 10, y: y + 48 }, `p50 ${duration(node.p50_ms)}  p99 ${duration(node.p99_ms)}`),
    h('text', { class: 'verdict', x: x + 10, y: y + 64 }, verdict));
}

// `AWS DynamoDB` above and the table below it: tables of one stack differ at their ends, which is what must be seen of them.
function title(node) {
  const kind = KINDS[node.kind] ?? node.kind;
  const [service, resource] = node.kind === 'aws' ? node.name.split(' ') : [];
  return resource ? { kind: `${kind} ${service}`, name: cutFront(resource, 19) } : { kind, name: cut(node.name, 19) };
}

function spoken(node, verdict) {
  return `${node.name}, ${KINDS[node.kind] ?? node.kind}: ${count(node.requests, 'request')}, ${perSecond(node.rate_per_s)}, `
    + `${count(node.faults, 'fault')}, ${count(node.errors, 'error')}, ${count(node.throttles, 'throttle')}, `
    + `p50 ${duration(node.p50_ms)}, p99 ${duration(node.p99_ms)}. ${verdict.slice(2)}`;
}

function cut(text, length) {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function cutFront(text, length) {
  return text.length > length ? `…${text.slice(1 - length)}` : text;
}

/** The same in rows: one call a row. */
export function callTable({ nodes, edges }) {
  const name = new Map(nodes.map((node) => [node.id, node.name]));
  const rows = [...edges].sort((a, b) => failed(b) - failed(a) || b.rate_per_s - a.rate_per_s);
  const heads = ['Calls', 'Rate /s', 'Faults', 'Errors', 'Throttles', 'p50 ms', 'p99 ms'];
  return h('div', { class: 'scroll' }, h('table', { class: 'list calls' },
    h('thead', null, h('tr', null, ['From', 'To'].map((word) => h('th', { scope: 'col' }, word)), heads.map((word) => h('th', { scope: 'col', class: 'number' }, word)))),
    h('tbody', null, rows.map((edge) => h('tr', { key: `${edge.from} ${edge.to}`, class: failed(edge) ? 'bad' : null },
      h('td', null, name.get(edge.from) ?? edge.from),
      h('td', null, failed(edge) ? '✕ ' : '', name.get(edge.to) ?? edge.to),
      [quantity(edge.requests), edge.rate_per_s?.toFixed(2), quantity(edge.faults), quantity(edge.errors), quantity(edge.throttles), edge.p50_ms?.toFixed(1), edge.p99_ms?.toFixed(1)]
        .map((text) => h('td', { class: `number${text === '0' ? ' zero' : ''}` }, text ?? '–')))))));
}
