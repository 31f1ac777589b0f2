// Whether what the page shows is what the lab knows: live, stale, or gone.
import { Unreachable } from './api.js';
import { h } from './dom.js';
import { ago, time } from './format.js';

/** What is older than this is stale, in ms: two polls were missed. */
const STALE_MS = 5000;

/** The beginning: nothing was asked yet. Times are this browser's clock. */
export function unknown() {
  return { failures: 0, why: null, answeredAt: null };
}

/** After a poll: `error` is null when everything was answered. */
export function after(connection, error, now) {
  if (!error) return { failures: 0, why: null, answeredAt: now };
  if (!(error instanceof Unreachable)) return connection;
  return { ...connection, failures: connection.failures + 1, why: error.message };
}

/** `live`, `stale`, `gone`, or `waiting` before the first answer. */
export function status(connection, now) {
  if (connection.failures > 1) return 'gone';
  if (connection.answeredAt === null) return connection.failures ? 'gone' : 'waiting';
  return connection.failures || now - connection.answeredAt > STALE_MS ? 'stale' : 'live';
}

const WORDS = { live: ['●', 'Live'], stale: ['▲', 'Stale'], gone: ['✕', 'Lab gone'], waiting: ['…', 'Asking'] };

/** The mark in the header. */
export function mark(connection, now) {
  const state = status(connection, now);
  const [symbol, word] = WORDS[state];
  return h('span', { class: `connection ${state}` },
    h('span', { 'aria-hidden': 'true' }, symbol), ` ${word} `,
    connection.answeredAt !== null && h('time', { class: 'number' }, time(connection.answeredAt)));
}

/** The banner above the page, or null while the page is live. */
export function banner(connection, now) {
  const state = status(connection, now);
  if (state === 'live' || state === 'waiting') return null;
  const since = connection.answeredAt === null
    ? 'It has not answered since this page was opened.'
    : `What you see is from ${time(connection.answeredAt)}, ${ago(connection.answeredAt, now)}.`;
  return h('div', { class: `banner ${state}` },
    h('strong', null, state === 'gone' ? '✕ The lab does not answer. ' : '▲ Stale. '), since,
    ' Asking again every 2 s. If it was stopped, start it with ', h('code', null, 'cargo lab up'), '.',
    connection.why && h('span', { class: 'muted' }, ` (${connection.why})`));
}
