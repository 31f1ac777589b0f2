// Where the boxes of the service map stand: callers left of what they call.

/** Size of a box and the room between boxes, in px. */
export const BOX = { width: 166, height: 74, across: 132, down: 26 };

/** Edges that close a circle, seen from the nodes that nobody calls; they get no say in what stands left of what. */
function backward(nodes, edges) {
  const out = new Map(nodes.map((node) => [node.id, edges.filter((edge) => edge.from === node.id)]));
  const state = new Map(); // 1: on the present way, 2: done
  const back = new Set();
  const visit = (id) => {
    state.set(id, 1);
    for (const edge of out.get(id) ?? []) {
      if (state.get(edge.to) === 1) back.add(edge);
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

/** Orders each column by where its callers stand, so that few edges cross. */
function order(nodes, forward, column) {
  const rows = [];
  for (const node of nodes) (rows[column.get(node.id)] ??= []).push(node);
  const place = new Map();
  const settle = () => rows.forEach((row) => row?.forEach((node, index) => place.set(node.id, index - (row.length - 1) / 2)));
  settle();
  for (let round = 0; round < 4; round += 1) {
    for (const row of rows) {
      const pull = new Map((row ?? []).map((node) => {
        const near = forward.filter((edge) => edge.to === node.id).map((edge) => place.get(edge.from));
        return [node.id, near.length ? near.reduce((sum, value) => sum + value, 0) / near.length : place.get(node.id)];
      }));
      row?.sort((a, b) => pull.get(a.id) - pull.get(b.id) || a.name.localeCompare(b.name));
    }
    settle();
  }
  return rows;
}

/** `{ width, height, at: Map(id -> {x, y}), back: Set(edge) }`; x and y are a box's top left corner. */
export function layout(nodes, edges) {
  const ids = new Set(nodes.map((node) => node.id));
  const known = edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const back = backward(nodes, known);
  const forward = known.filter((edge) => !back.has(edge) && edge.from !== edge.to);
  const column = columns(nodes, forward);
  const rows = order(nodes, forward, column);
  const tallest = Math.max(1, ...rows.map((row) => row?.length ?? 0));
  const pitch = BOX.height + BOX.down;
  const at = new Map();
  rows.forEach((row, index) => row?.forEach((node, position) => at.set(node.id, {
    x: 8 + index * (BOX.width + BOX.across),
    y: 8 + (position + (tallest - row.length) / 2) * pitch,
  })));
  const loops = back.size ? 40 : 0; // edges that go back run underneath
  return {
    width: 16 + rows.length * BOX.width + (rows.length - 1) * BOX.across,
    height: 16 + tallest * pitch - BOX.down + loops,
    at,
    back,
    edges: known,
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
