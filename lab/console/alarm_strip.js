// The strip over every page: all alarms by state, what rings first.
import { h } from './dom.js';
import { href } from './router.js';
import { ALARM_STATES, alarmState } from './states.js';

/** More quiet alarms than this are folded away at first, but for the overview, whose matter they are. */
const FEW = 12;
let folded = null; // null until somebody chooses

/** An alarm's name without what all names of the stack share. */
export function shortName(name, state) {
  const shared = state ? `wild-rydes-${state.stage}-` : '';
  return shared && name.startsWith(shared) ? name.slice(shared.length) : name;
}

/** Alarms of one state, by urgency and then by name. */
function ofState(alarms, state) {
  const rank = { page: 0, ticket: 1 };
  return alarms
    .filter((alarm) => alarm.state === state)
    .sort((a, b) => (rank[a.urgency] ?? 2) - (rank[b.urgency] ?? 2) || a.name.localeCompare(b.name));
}

/** The strip. */
export function strip({ alarms, state, route, redraw }) {
  if (!alarms) return h('p', { class: 'muted' }, 'Alarms: asking the lab …');
  const all = alarms.alarms;
  if (!all.length) return h('p', { class: 'muted' }, 'Alarms: the template defines none.');
  const quiet = all.filter((alarm) => alarm.state === 'OK').length;
  const fold = folded ?? (quiet > FEW && route.view !== 'overview');
  return ALARM_STATES.map((name) => {
    const members = ofState(all, name);
    const { symbol, word, tone } = alarmState(name);
    if (!members.length && name !== 'ALARM') return null;
    const foldable = name === 'OK';
    return h('div', { key: name, class: `group ${tone}` },
      h('h2', null, h('span', { 'aria-hidden': 'true' }, members.length ? symbol : '✓', '\u00a0'),
        members.length ? word : 'No alarm', members.length ? h('span', { class: 'number' }, ` ${members.length}`) : null,
        foldable && h('button', {
          type: 'button',
          class: 'quiet',
          'aria-expanded': String(!fold),
          onclick: () => {
            folded = !fold;
            redraw();
          },
        }, fold ? 'show all' : 'fold')),
      !(foldable && fold) && h('ul', null, members.map((alarm) => chip(alarm, state, route))));
  });
}

function chip(alarm, state, route) {
  const { symbol, word, tone } = alarmState(alarm.state);
  return h('li', { key: alarm.name }, h('a', {
    class: `chip ${tone}${alarm.suppressed ? ' suppressed' : ''}`,
    href: href('alarm', alarm.name),
    title: `${alarm.name}: ${alarm.state}. ${alarm.reason ?? ''}`,
    'aria-current': route.view === 'alarm' && route.id === alarm.name ? 'true' : null,
  }, h('span', { 'aria-hidden': 'true' }, symbol), ' ', h('span', { class: alarm.state === 'ALARM' ? 'word' : 'unseen' }, word, ' '),
  h('span', { class: 'name' }, shortName(alarm.name, state)),
  alarm.state === 'ALARM' && alarm.urgency !== 'none' && h('span', { class: 'urgency' }, ` ${alarm.urgency}`),
  alarm.suppressed && h('span', { class: 'urgency' }, ' suppressed')));
}
