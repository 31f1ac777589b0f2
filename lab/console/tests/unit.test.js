// The parts that need no browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clean, extent, runs, stack, stepOf, valueAt } from '../chart_data.js';
import { duration, milliseconds, quantity, time } from '../format.js';
import { begun, layout } from '../map_layout.js';
import { markdown } from '../markdown.js';
import { ticks, timeTicks } from '../scale.js';
import { map } from './fixture_metrics.js';

const text = (node) => (typeof node === 'string' ? node : node.children.map(text).join(''));

test('a time carries its milliseconds, and its date when that is not today', () => {
  const at = new Date(2026, 10, 21, 4, 3, 2, 7).getTime();
  assert.equal(time(at, at), '04:03:02.007');
  assert.equal(time(at, at + 86400000), '2026-11-21 04:03:02.007');
  assert.equal(time(null), '–');
});

test('numbers keep their decimals in tables and drop them in labels', () => {
  assert.equal(milliseconds(1234.5), '1,234.5');
  assert.equal(milliseconds(3), '3.0');
  assert.equal(duration(2214.6), '2.21 s');
  assert.equal(duration(0.4), '0.40 ms');
  assert.equal(quantity(0.0421), '0.042');
  assert.equal(quantity(123456), '123 k');
  assert.equal(quantity(undefined), '–');
});

test('an axis has round values that hold all data', () => {
  assert.deepEqual(ticks(0, 47, 6), [0, 10, 20, 30, 40, 50]);
  assert.deepEqual(ticks(0, 0.3, 4), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(ticks(0, 0, 2), [0, 1]);
  for (const high of [1, 7, 99, 101, 2214.6, 1e6]) assert.ok(ticks(0, high, 5).at(-1) >= high);
});

test('a time axis has round local times', () => {
  const from = new Date(2026, 10, 21, 13, 2, 11).getTime();
  const list = timeTicks(from, from + 3600000, 8);
  assert.ok(list.length > 2 && list.length <= 8);
  for (const at of list) assert.equal(new Date(at).getMinutes() % 10, 0);
});

test('a line breaks where data is missing, and only there', () => {
  const points = [[0, 1], [60, 2], [120, 3], [300, 4], [360, 5]];
  assert.deepEqual(runs(points, stepOf([{ points }])).map((run) => run.length), [3, 2]);
  assert.equal(valueAt(points, 130, 60), 3);
  assert.equal(valueAt(points, 200, 60), undefined);
  assert.deepEqual(clean([[60, 1], [0, null], [30, 2]]), [[30, 2], [60, 1]]);
});

test('stacked series lie on each other, and thresholds count for the axis', () => {
  const stacked = stack([{ points: [[0, 1], [60, 2]] }, { points: [[0, 3]] }]);
  assert.deepEqual(stacked[1].points, [[0, 4, 1]]);
  assert.deepEqual(extent(stacked, [9]), [0, 9]);
  assert.deepEqual(extent([], []), [0, 1]);
});

test('failures begin where no call of its own explains them', () => {
  const { nodes, edges } = map(5);
  assert.deepEqual(nodes.filter((node) => begun(node, edges) > 0).map((node) => node.id), ['rides']);
});

test('callers stand left of what they call, also when the calls make a circle', () => {
  const { nodes, edges } = map(5);
  const round = [...edges, { ...edges[0], from: 'request-ride', to: 'gateway' }, { ...edges[0], from: 'ssm', to: 'ssm' }];
  const plan = layout(nodes, round);
  assert.equal(plan.back.size, 2);
  for (const edge of edges) assert.ok(plan.at.get(edge.from).x < plan.at.get(edge.to).x, `${edge.from} > ${edge.to}`);
  const boxes = [...plan.at.values()].map(({ x, y }) => `${x} ${y}`);
  assert.equal(new Set(boxes).size, nodes.length);
});

test('the map leaves out calls of what it does not know', () => {
  const { nodes, edges } = map(5);
  assert.equal(layout(nodes, [...edges, { ...edges[0], to: 'nobody' }]).edges.length, edges.length);
});

test('markdown is headings, emphasis, code, lists and links as text, and nothing else', () => {
  const made = markdown('# One\nTwo **three** `four` *five*\n\n- six\n- [seven](runbooks/x.md)\n1. eight\n```\n<b>\n```\n<script>alert(1)</script>');
  assert.deepEqual(made.map((node) => node.tag), ['h3', 'p', 'ul', 'ol', 'pre', 'p']);
  assert.equal(text(made[1]), 'Two three four five');
  assert.deepEqual(made[1].children.filter((node) => node.tag).map((node) => node.tag), ['strong', 'code', 'em']);
  assert.equal(text(made[2]), 'sixseven runbooks/x.md');
  assert.equal(text(made[5]), '<script>alert(1)</script>');
  assert.ok(!JSON.stringify(made).includes('"tag":"a"') && !JSON.stringify(made).includes('"tag":"script"'));
  assert.deepEqual(markdown(null), []);
});
