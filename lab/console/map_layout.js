// Where the boxes of the service map stand: callers left of what they call.

/** Size of a box and the room between boxes, in px. */
export const BOX = { width: 156, height: 74, across: 96, down: 26 };
/** Height kept free for an edge that passes a column, the margin, and the room for edges that run back underneath, px. */
const FREE = 34;
const MARGIN = 8;
const BELOW = 48;

/** Edges that close a circle, seen from the nodes that nobody calls; they get no say in what stands left of what. */
function backward(nodes, edges) {
  const out = new Map(nodes.map((node) => [node.id, edges.filter((edge) => edge.from === node.id)]));
  const state = new Map(); // 1: on the present way, 2: done
  const back = new Set();
  const visit = (id) => {
    state.set(id, 1);
    for (const edge of out.get(id) ?? []) {
      if (state.get(edge.to) === 1) back.add(edge); // a call of itself too
      else if (!state.has(edge.to)) visit(edge.to);
    }
    state.set(id, 2);
  };
  const called = new Set(edges.map((edge) => edge.to));
  for (const node of [...nodes].sort((a, b) => called.has(a.id) - called.has(b.id))) if (!state.has(node.id)) visit(node.id);
  return back;
}

/** The column of each node: the longest way to it. */
function columns(nodes, forward) {
  const column = new Map(nodes.map((node) => [node.id, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    for (const edge of forward) column.set(edge.to, Math.max(column.get(edge.to), column.get(edge.from) + 1));
  }
  return column;
}

/**
 * What stands in each column: the nodes, and where an edge passes through a column, a place kept free for it.
 * Returns the columns and, for each edge, the places on its way.
 */
function places(nodes, forward, column) {
  const rows = [];
  const put = (index, item) => (rows[index] ??= []).push(item);
  for (const node of nodes) put(column.get(node.id), { id: node.id, name: node.name, height: BOX.height, from: [] });
  const items = new Map(rows.flat().map((item) => [item.id, item]));
  const detours = new Map();
  for (const edge of forward) {
    let last = items.get(edge.from);
    const way = [];
    for (let index = column.get(edge.from) + 1; index < column.get(edge.to); index += 1) {
      const free = { name: '', height: FREE, from: [last] };
      put(index, free);
      way.push(free);
      last = free;
    }
    items.get(edge.to).from.push(last);
    detours.set(edge, way);
  }
  return { rows, detours };
}

/** Orders each column by where its callers stand, so that few edges cross, and stands it about the middle line. */
function order(rows) {
  const settle = (row) => {
    let y = -row.reduce((sum, item) => sum + item.height + BOX.down, -BOX.down) / 2;
    for (const item of row) {
      item.y = y;
      y += item.height + BOX.down;
    }
  };
  const middle = (item) => item.y + item.height / 2;
  const pull = (item) => (item.from.length ? item.from.reduce((sum, caller) => sum + middle(caller), 0) / item.from.length : middle(item));
  rows.forEach(settle);
  for (let round = 0; round < 4; round += 1) {
    for (const row of rows) {
      const pulls = new Map(row.map((item) => [item, pull(item)]));
      row.sort((a, b) => pulls.get(a) - pulls.get(b) || a.name.localeCompare(b.name));
      settle(row);
    }
  }
}

/** The height at which each edge comes in: several into one box come in under each other, the upper ones above. */
function arrivals(forward, detours, rows, y) {
  const items = new Map(rows.flat().map((item) => [item.id, item]));
  const list = new Map();
  for (const edge of forward) {
    const target = items.get(edge.to);
    const before = (one) => y(detours.get(one).at(-1) ?? items.get(one.from));
    const all = forward.filter((one) => one.to === edge.to).sort((a, b) => before(a) - before(b));
    const pitch = Math.min(34, (BOX.height - 8) / all.length);
    list.set(edge, y(target) + BOX.height / 2 + (all.indexOf(edge) - (all.length - 1) / 2) * pitch);
  }
  return list;
}

/**
 * `{ width, height, edges, at: Map(id -> {x, y}), back: Set(edge), arrivals: Map(edge -> y), detours: Map(edge -> [{x, y}]) }`.
 * `at` is a box's top left corner, a detour the left end of the free line through a column, `edges` those between known nodes.
 */
export function layout(nodes, edges) {
  const ids = new Set(nodes.map((node) => node.id));
  const known = edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const back = backward(nodes, known);
  const forward = known.filter((edge) => !back.has(edge));
  const column = columns(nodes, forward);
  const { rows, detours } = places(nodes, forward, column);
  order(rows);
  const top = Math.min(...rows.flat().map((item) => item.y));
  const bottom = Math.max(...rows.flat().map((item) => item.y + item.height));
  const x = (index) => MARGIN + index * (BOX.width + BOX.across);
  const y = (item) => MARGIN + item.y - top;
  const at = new Map();
  rows.forEach((row, index) => row.forEach((item) => item.id !== undefined && at.set(item.id, { x: x(index), y: y(item) })));
  return {
    width: x(rows.length - 1) + BOX.width + MARGIN,
    height: 2 * MARGIN + bottom - top + (back.size ? BELOW : 0),
    edges: known,
    at,
    back,
    arrivals: arrivals(forward, detours, rows, y),
    detours: new Map([...detours].map(([edge, way]) => [edge, way.map((item, index) => ({ x: x(column.get(edge.from) + 1 + index), y: y(item) + item.height / 2 }))])),
  };
}

/** Failed calls of a node or an edge: its own faults and what it refused for load. A caller's 4xx is none. */
export function failed(thing) {
  return (thing.faults ?? 0) + (thing.throttles ?? 0);
}

/**
 * How many failures of a node begin in it: those that none of its own calls explains. A failure shows in one
 * service and lives in another; this tells the two apart.
 */
export function begun(node, edges) {
  if (node.kind === 'client') return 0;
  const explained = edges.filter((edge) => edge.from === node.id).reduce((sum, edge) => sum + failed(edge), 0);
  return Math.max(0, failed(node) - explained);
}
