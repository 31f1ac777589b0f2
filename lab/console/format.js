// Times, durations and quantities as text. Times are epoch milliseconds in, local time out.

const two = (number) => String(number).padStart(2, '0');

/** `14:03:22.123`; with the date before it when that is not today's. */
export function time(ms, now = Date.now()) {
  if (!Number.isFinite(ms)) return '–';
  const at = new Date(ms);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  return at.toDateString() === new Date(now).toDateString() ? clock : `${day(ms)} ${clock}`;
}

/** `2026-11-21`. */
export function day(ms) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** `14:03`. */
export function minute(ms) {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** How long before `now`: `12 s ago`. */
export function ago(ms, now) {
  if (!Number.isFinite(ms)) return 'never';
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h ago` : `${Math.round(seconds / 86400)} d ago`;
}

/** A number with grouped thousands and always `digits` decimals, so that a column of them aligns. */
export function fixed(value, digits = 1) {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A duration in ms, for a table: `1,234.5`. */
export function milliseconds(value) {
  return fixed(value, 1);
}

/** A duration for a label: `0.42 ms`, `340 ms`, `1.52 s`. */
export function duration(value) {
  if (!Number.isFinite(value)) return '–';
  if (value >= 1000) return `${fixed(value / 1000, 2)} s`;
  return `${value >= 100 ? fixed(value, 0) : value >= 10 ? fixed(value, 1) : fixed(value, 2)} ms`;
}

/** At most three meaningful digits: `0.042`, `12.3`, `1.2 k`. */
export function quantity(value) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)} G`;
  if (size >= 1e6) return `${trim(value / 1e6)} M`;
  if (size >= 1e4) return `${trim(value / 1e3)} k`;
  return trim(value);
}

function trim(value) {
  const size = Math.abs(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return Number(value.toFixed(digits)).toLocaleString('en', { maximumFractionDigits: 3 });
}

const UNITS = { Milliseconds: ' ms', Seconds: ' s', Microseconds: ' µs', Percent: ' %', Bytes: ' B', Megabytes: ' MB', 'Count/Second': '/s' };

/** A metric's value with its unit, as CloudWatch names units. */
export function measured(value, unit) {
  if (unit === 'Milliseconds') return duration(value);
  return Number.isFinite(value) ? `${quantity(value)}${UNITS[unit] ?? ''}` : '–';
}

/** `1 fault`, `2 faults`. */
export function count(number, noun) {
  return `${quantity(number)} ${noun}${number === 1 ? '' : 's'}`;
}
