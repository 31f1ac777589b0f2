// Says what changed to those who do not see it, through two live regions of the page.

/** Says it when there is a pause. */
export function say(text) {
  document.getElementById('polite').textContent = text;
}

/** Says it at once. */
export function interrupt(text) {
  document.getElementById('assertive').textContent = text;
}

/** Says which alarms changed their state between two lists. The first list is no change. */
export function alarmChanges(before, after) {
  if (!before) return;
  const was = new Map(before.map((alarm) => [alarm.name, alarm.state]));
  const changes = after
    .filter((alarm) => was.has(alarm.name) && was.get(alarm.name) !== alarm.state)
    .map((alarm) => ({ state: alarm.state, text: `${alarm.name} went from ${was.get(alarm.name)} to ${alarm.state}.` }));
  const raised = changes.filter((change) => change.state === 'ALARM');
  const others = changes.filter((change) => change.state !== 'ALARM');
  if (raised.length) interrupt(raised.map((change) => change.text).join(' '));
  if (others.length) say(others.map((change) => change.text).join(' '));
}
