// The sections of the console. A view is
// `title(route)`; `load(route, get)`, a promise of what it shows; `draw(answer, context, heading)`; and where it differs
// `heading(route, answer)`, `bare` (it places the heading itself), `missing(route)` (what to say of a 404),
// `remembered(before)` (the selector of what to focus when one comes from the place `before`).
import { alarm, alarms } from './alarms.js';
import { dashboards } from './dashboards.js';
import { errors } from './errors.js';
import { h } from './dom.js';
import { metrics } from './metrics.js';
import { overview } from './overview.js';
import { request } from './request.js';
import { requests } from './requests.js';

/** The sections in the order of their tabs and number keys. */
export const TABS = [
  { view: 'overview', word: 'Overview' },
  { view: 'requests', word: 'Requests', within: ['request'] },
  { view: 'errors', word: 'Errors' },
  { view: 'metrics', word: 'Metrics' },
  { view: 'dashboards', word: 'Dashboards' },
  { view: 'alarms', word: 'Alarms', within: ['alarm'] },
];

const unknown = {
  title: () => 'No such place',
  load: async () => ({}),
  draw: () => h('p', { class: 'empty' }, 'This address names nothing here. Pick a section above.'),
};

const VIEWS = { overview, requests, request, errors, metrics, dashboards, alarms, alarm };

/** The view of a name out of the address. */
export function viewOf(name) {
  return Object.hasOwn(VIEWS, name) ? VIEWS[name] : unknown;
}
