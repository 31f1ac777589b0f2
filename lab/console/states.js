// Every state the console shows, as a symbol and a word. Colour comes on top, from the class, and never alone.
import { h } from './dom.js';

const ALARM = {
  ALARM: ['▲', 'ALARM', 'alarm'],
  INSUFFICIENT_DATA: ['?', 'INSUFFICIENT_DATA', 'nodata'],
  OK: ['✓', 'OK', 'ok'],
};

/** The order in which alarm states are shown: what needs somebody comes first. */
export const ALARM_STATES = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];

/** Symbol, word and class of an alarm's state; a state the console does not know is shown by its own name. */
export function alarmState(state) {
  const [symbol, word, tone] = ALARM[state] ?? ['?', String(state), 'nodata'];
  return { symbol, word, tone };
}

/** A small labelled mark. */
export function badge(tone, symbol, word, title) {
  return h('span', { class: `badge ${tone}`, title }, h('span', { 'aria-hidden': 'true' }, symbol, '\u00a0'), word);
}

/** An alarm's state as a mark. */
export function alarmBadge(state) {
  const { symbol, word, tone } = alarmState(state);
  return badge(tone, symbol, word);
}

/** What is notable about a request. */
export function requestBadges(request) {
  return [
    request.faulty && badge('alarm', '✕', 'fault'),
    request.throttled && badge('warn', '⊘', 'throttled'),
    request.slow && badge('warn', '◷', 'slow'),
    request.cold && badge('cold', '❄', 'cold'),
    !request.sampled && badge('plain', '○', 'no trace', 'Not sampled: its log lines are there, its spans are not.'),
  ];
}

/** What is notable about a span. X-Ray's words: a fault is the callee's (5xx), an error the caller's (4xx). */
export function spanBadges(span) {
  return [
    span.guilty && badge('guilty', '◆', 'guilty'),
    span.fault && badge('alarm', '✕', 'fault'),
    span.throttle && badge('warn', '⊘', 'throttle'),
    span.error && !span.throttle && badge('warn', '!', 'error'),
    span.in_progress && badge('nodata', '…', 'unfinished'),
  ];
}

/** The tone of an HTTP status. */
function statusTone(status) {
  if (status >= 500 || !status) return 'alarm';
  return status >= 400 ? 'warn' : 'ok';
}

/** An HTTP status, 5xx and 4xx marked with a symbol. */
export function statusBadge(status) {
  const tone = statusTone(status);
  const symbol = { alarm: '✕', warn: '!', ok: '✓' }[tone];
  return h('span', { class: `status ${tone}` }, h('span', { 'aria-hidden': 'true' }, symbol, '\u00a0'), status || 'none');
}
