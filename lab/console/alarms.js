// One alarm with all that is known of it, and the list of all.
import { shortName } from './alarm_strip.js';
import { h } from './dom.js';
import { ago, time } from './format.js';
import { href } from './router.js';
import { ALARM_STATES, alarmBadge, badge } from './states.js';

const byState = (a, b) => ALARM_STATES.indexOf(a.state) - ALARM_STATES.indexOf(b.state) || a.name.localeCompare(b.name);

/** All alarms, and what was sent of them. */
export const alarms = {
  title: () => 'Alarms',
  load: async () => ({}), // the page asks for alarms anyway
  draw(_, context) {
    if (!context.alarms) return h('p', { class: 'empty' }, 'Asking the lab …');
    const { alarms: all, notices } = context.alarms;
    return [
      h('div', { class: 'scroll' }, h('table', { class: 'list' },
        h('thead', null, h('tr', null, ['State', 'Alarm', 'Urgency', 'Since', 'Watches', 'Threshold'].map((word) => h('th', { scope: 'col' }, word)))),
        h('tbody', null, [...all].sort(byState).map((alarm) => h('tr', { key: alarm.name },
          h('td', null, alarmBadge(alarm.state)),
          h('td', null, h('a', { href: href('alarm', alarm.name), 'data-row': alarm.name }, shortName(alarm.name, context.state))),
          h('td', null, urgency(alarm)),
          h('td', { class: 'when' }, ago(alarm.since_ms, context.cloudwatchNow)),
          h('td', { class: 'clip', title: alarm.watches }, alarm.watches),
          h('td', { class: 'clip', title: alarm.threshold }, alarm.threshold ?? '–')))))),
      h('h2', null, 'Notices sent'),
      noticeTable(notices, context, true),
    ];
  },
};

/** One alarm: what it means, what to do, why it is as it is. */
export const alarm = {
  title: (route) => `Alarm ${route.id}`,
  bare: true,
  load: async () => ({}),
  draw(_, context, heading) {
    const found = context.alarms?.alarms.find((candidate) => candidate.name === context.route.id);
    if (!found) {
      return [heading, h('p', { class: 'empty' }, context.alarms ? 'No alarm of this name. ' : 'Asking the lab … ', h('a', { href: href('alarms') }, 'All alarms'))];
    }
    const notices = (context.alarms.notices ?? []).filter((notice) => notice.alarm === found.name);
    return [
      h('div', { class: 'titled' }, h('h1', { tabindex: '-1' }, shortName(found.name, context.state)), alarmBadge(found.state), urgency(found),
        found.suppressed && badge('nodata', '⏸', 'suppressed')),
      h('p', { class: 'description' }, found.description || 'No description.'),
      h('dl', { class: 'facts' },
        fact('Runbook', found.runbook ? h('code', null, found.runbook) : 'none'),
        fact('Since', h('span', { class: 'when' }, time(found.since_ms)), ` (${ago(found.since_ms, context.cloudwatchNow)})`),
        fact('Reason', found.reason || '–'),
        fact(found.kind === 'composite' ? 'Rule' : 'Watches', h('code', { class: 'wrap' }, found.watches)),
        found.threshold && fact('Threshold', h('code', null, found.threshold)),
        fact('Full name', h('code', null, found.name)),
        fact('Kind', found.kind === 'composite' ? 'composite: a rule over other alarms' : 'metric')),
      h('h2', null, 'History'),
      history(found.history ?? []),
      h('h2', null, 'Notices sent'),
      noticeTable(notices, context, false),
    ];
  },
};

function urgency(alarm) {
  return alarm.urgency === 'none' ? h('span', { class: 'muted' }, 'no action') : h('span', { class: 'tag' }, alarm.urgency);
}

function fact(name, ...value) {
  return [h('dt', null, name), h('dd', null, value)];
}

function history(changes) {
  if (!changes.length) return h('p', { class: 'empty' }, 'It has not changed its state since the lab was started.');
  return h('div', { class: 'scroll' }, h('table', { class: 'list' },
    h('thead', null, h('tr', null, ['Time', 'From', 'To', 'Reason'].map((word) => h('th', { scope: 'col' }, word)))),
    h('tbody', null, [...changes].sort((a, b) => b.at_ms - a.at_ms).map((change) => h('tr', null,
      h('td', { class: 'when' }, time(change.at_ms)),
      h('td', null, alarmBadge(change.from)),
      h('td', null, alarmBadge(change.to)),
      h('td', null, change.reason))))));
}

function noticeTable(notices, context, named) {
  if (!notices?.length) return h('p', { class: 'empty' }, 'None. An alarm that changes to ALARM or back sends one to the topic of its urgency.');
  const head = ['Time', named && 'Alarm', 'State', 'Topic', 'Delivered'].filter(Boolean);
  return h('div', { class: 'scroll' }, h('table', { class: 'list' },
    h('thead', null, h('tr', null, head.map((word) => h('th', { scope: 'col' }, word)))),
    h('tbody', null, [...notices].sort((a, b) => b.at_ms - a.at_ms).map((notice) => h('tr', null,
      h('td', { class: 'when' }, time(notice.at_ms)),
      named && h('td', null, h('a', { href: href('alarm', notice.alarm) }, shortName(notice.alarm, context.state))),
      h('td', null, alarmBadge(notice.state)),
      h('td', null, notice.topic),
      h('td', null, notice.delivered ? badge('ok', '✓', 'yes') : badge('alarm', '✕', 'no'), notice.why && ` ${notice.why}`))))));
}
