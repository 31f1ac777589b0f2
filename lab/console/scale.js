// Axes: round numbers on them, and where a value lies on them.

/** Round values from the last one below `low` to the first one above `high`, about `wanted` of them. */
export function ticks(low, high, wanted) {
  if (!(high > low)) return ticks(low, low + 1, wanted);
  const rough = (high - low) / Math.max(1, wanted - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999);
  const list = [];
  for (let index = Math.floor(low / step + 1e-9); ; index += 1) {
    const value = Number((index * step).toPrecision(12)); // 0.1 * 3 is not 0.3
    list.push(value);
    if (value >= high - step * 1e-9) return list;
  }
}

/** Steps of a time axis that people count in, ms. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800].map((seconds) => seconds * 1000);

/** Round local times from `from` to `to` (epoch ms), at most `most` of them. */
export function timeTicks(from, to, most) {
  const step = TIME_STEPS.find((candidate) => (to - from) / candidate <= most) ?? Math.ceil((to - from) / most / 86400000) * 86400000;
  const zone = new Date(from).getTimezoneOffset() * 60000; // so that 6 h steps fall on local midnight
  const list = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step) list.push(at);
  return list;
}

/** A function from `[low, high]` to `[start, end]`. */
export function linear(low, high, start, end) {
  const factor = high > low ? (end - start) / (high - low) : 0;
  return (value) => start + (value - low) * factor;
}
