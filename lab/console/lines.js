// The log lines of one request, of all functions and of the platform, in the order in which they were written.
import { h } from './dom.js';
import { milliseconds, time } from './format.js';
import { amend } from './router.js';

const LEVELS = { TRACE: '·', DEBUG: '·', INFO: 'i', WARN: '▲', ERROR: '✕', FATAL: '✕' };
const KINDS = [['function', 'function'], ['platform', 'platform'], ['access', 'access log'], ['metric', 'metric']];

/** The lines with their filters; those stand in the address. */
export function lines(all, request, { route }) {
  const { query } = route;
  const hidden = new Set((query.hide ?? '').split(',').filter(Boolean));
  const wanted = (query.find ?? '').toLowerCase();
  const shown = all.filter((line) => !hidden.has(line.kind) && (!wanted || JSON.stringify([line.service, line.message, line.text, line.level]).toLowerCase().includes(wanted)));
  return [
    h('div', { class: 'filters', role: 'search', 'aria-label': 'Log lines' },
      h('label', { class: 'wide' }, h('span', { class: 'unseen' }, 'Find in the lines '), h('input', {
        type: 'search',
        'data-filter': true,
        placeholder: 'Find in the lines',
        value: query.find ?? '',
        autocomplete: 'off',
        spellcheck: 'false',
        oninput: (event) => amend({ find: event.target.value }),
      })),
      KINDS.filter(([kind]) => all.some((line) => line.kind === kind)).map(([kind, word]) => h('label', { key: kind, class: 'flag' }, h('input', {
        type: 'checkbox',
        checked: !hidden.has(kind),
        onchange: (event) => {
          if (event.target.checked) hidden.delete(kind);
          else hidden.add(kind);
          amend({ hide: [...hidden].join(',') });
        },
      }), ` ${word} `, h('span', { class: 'muted number' }, all.filter((line) => line.kind === kind).length))),
      h('span', { class: 'muted end', role: 'status' }, `${shown.length} of ${all.length} lines`)),
    shown.length
      ? h('ol', { class: 'lines' }, shown.map((line) => h('li', { key: line.seq }, row(line, request))))
      : h('p', { class: 'empty' }, all.length ? 'No line matches.' : 'No log lines. Functions write from LOG_LEVEL up: see the template’s LogLevel.'),
  ];
}

function row(line, request) {
  const offset = line.offset_ms ?? line.at_ms - request.at_ms;
  const level = line.level ?? '';
  const fields = Object.entries(line.fields ?? {});
  return h('details', { class: `line ${line.kind} ${level.toLowerCase()}` },
    h('summary', null,
      h('span', { class: 'number', title: time(line.at_ms) }, `+${milliseconds(offset)}`),
      h('span', { class: 'service' }, line.service),
      line.kind === 'function'
        ? h('span', { class: 'level' }, h('span', { 'aria-hidden': 'true' }, LEVELS[level] ?? '·', ' '), level)
        : h('span', { class: 'level origin' }, line.kind),
      h('span', { class: 'message' }, line.message || line.text)),
    h('div', { class: 'fields' },
      h('dl', { class: 'facts' },
        h('dt', null, 'time'), h('dd', { class: 'number' }, time(line.at_ms)),
        fields.map(([name, value]) => [h('dt', null, name), h('dd', null, typeof value === 'object' ? JSON.stringify(value) : String(value))])),
      line.text && h('pre', null, line.text)));
}
