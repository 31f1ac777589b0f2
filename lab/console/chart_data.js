// Series of points made ready to be drawn: gaps found, stacks summed, the value at a time.

/** The pause between two points that are neighbours, ms: the shortest one there is. */
export function stepOf(series) {
  let step = Infinity;
  for (const { points } of series) {
    for (let index = 1; index < points.length; index += 1) step = Math.min(step, points[index][0] - points[index - 1][0]);
  }
  return Number.isFinite(step) && step > 0 ? step : 60000;
}

/** Sorted points, without what is no number. */
export function clean(points) {
  return points.filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value)).sort((a, b) => a[0] - b[0]);
}

/** Runs of neighbouring points. Nothing is drawn over a pause of more than one and a half steps: there was no data. */
export function runs(points, step) {
  const list = [];
  for (const point of points) {
    const run = list.at(-1);
    if (run && point[0] - run.at(-1)[0] <= step * 1.5) run.push(point);
    else list.push([point]);
  }
  return list;
}

/** The series, each lying on those before it: points are `[at, top, bottom]`. A missing point counts as nothing. */
export function stack(series) {
  const tops = new Map();
  return series.map((one) => ({
    ...one,
    points: one.points.map(([at, value]) => {
      const bottom = tops.get(at) ?? 0;
      tops.set(at, bottom + value);
      return [at, bottom + value, bottom];
    }),
  }));
}

/** All times of the series, in order. */
export function times(series) {
  return [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
}

/** The one of `all` that is nearest to `ms`; undefined when there is none. */
export function nearest(all, ms) {
  let best;
  for (const at of all) if (best === undefined || Math.abs(at - ms) < Math.abs(best - ms)) best = at;
  return best;
}

/** The value at `ms`, at most half a step away; undefined where there is a gap. */
export function valueAt(points, ms, step) {
  const at = nearest(points.map((point) => point[0]), ms);
  return at !== undefined && Math.abs(at - ms) <= step / 2 ? points.find((point) => point[0] === at)[1] : undefined;
}

/** Lowest and highest of an axis: from zero, and with what must be seen on it (thresholds). */
export function extent(series, also) {
  const values = [...series.flatMap(({ points }) => points.flatMap((point) => point.slice(1))), ...also];
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  return high > low ? [low, high] : [low, low + 1];
}
