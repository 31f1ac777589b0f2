// The page: where one is, what was last heard from the lab, and the drawing of both.
import { get, path, Unreachable } from './api.js';
import { alarmChanges, interrupt, say } from './announce.js';
import { strip } from './alarm_strip.js';
import { after, banner, status, unknown } from './connection.js';
import { draw, h } from './dom.js';
import { headerOf } from './header.js';
import { listenToKeys, drawKeys } from './keys.js';
import { poll } from './poll.js';
import { parse } from './router.js';
import * as theme from './theme.js';
import { viewOf } from './views.js';

const page = {
  route: parse(location.hash),
  state: null, // the answer of /api/state
  alarms: null, // the answer of /api/alarms
  answers: new Map(), // of views, by place: going back shows at once what was there
  failure: null, // why the view's own question was refused
  connection: unknown(),
  cursor: null, // the point in time that all charts point at, ms
  width: 0,
};

const at = (id) => document.getElementById(id);
const place = (route) => `${route.view}/${route.id}`;

function context() {
  return {
    ...page,
    now: page.state ? page.state.now_ms : Date.now(),
    // Alarms and metrics go by CloudWatch's clock, which may run faster than the machine's.
    cloudwatchNow: page.alarms ? page.alarms.now_ms : Date.now(),
    redraw,
    say,
    point(ms) {
      page.cursor = ms;
      redraw();
    },
  };
}

function paint() {
  const view = viewOf(page.route.view);
  const now = Date.now();
  const raised = page.alarms?.alarms.filter((alarm) => alarm.state === 'ALARM').length ?? 0;
  const title = view.title(page.route);
  document.title = `${raised ? `(${raised} ALARM) ` : ''}${title} · Wild Rydes lab`;
  document.body.dataset.connection = status(page.connection, now);
  document.body.dataset.place = place(page.route);
  page.width = at('main').clientWidth;
  const shown = context();
  draw(at('top'), headerOf(shown, { turnTheme, openKeys: () => at('keys').showModal() }));
  draw(at('alarms'), strip(shown));
  draw(at('banner'), banner(page.connection, now));
  draw(at('main'), body(view, title, shown));
  drawKeys(at('keys'));
  land();
}

function body(view, title, shown) {
  const answer = page.answers.get(place(page.route));
  const heading = h('h1', { tabindex: '-1' }, view.heading ? view.heading(page.route, answer) : title);
  if (page.failure) {
    return h('div', { key: 'failure', class: 'page' }, heading,
      h('p', { class: 'empty' }, page.failure.status === 404 && view.missing ? view.missing(page.route) : 'This could not be had: ',
        h('code', null, page.failure.message)));
  }
  if (!answer) return h('div', { key: place(page.route), class: 'page' }, heading, h('p', { class: 'empty' }, 'Asking the lab …'));
  return h('div', { key: place(page.route), class: 'page' }, view.bare ? null : heading, drawn(view, answer, shown, heading));
}

// A view that fails on an answer nobody thought of says so, and the rest of the page lives on.
function drawn(view, answer, shown, heading) {
  try {
    return view.draw(answer, shown, heading);
  } catch (error) {
    reportError(error);
    return [view.bare ? heading : null, h('p', { class: 'empty' }, 'This page failed on the lab’s answer: ', h('code', null, error.message))];
  }
}

let painting = false;
/** Draws before the next frame, once, however often it is called. */
function redraw() {
  if (painting) return;
  painting = true;
  requestAnimationFrame(() => {
    painting = false;
    paint();
  });
}

function turnTheme() {
  theme.turn();
  say(`Theme: ${theme.theme()}`);
  redraw();
}

async function ask(signal) {
  const route = page.route;
  const results = await Promise.allSettled([
    get(path(['state']), signal),
    get(path(['alarms']), signal),
    viewOf(route.view).load(route, (parts, query) => get(path(parts, query), signal)),
  ]);
  if (signal.aborted) return;
  const [state, alarms, answer] = results;
  if (state.value) page.state = state.value;
  if (alarms.value) {
    alarmChanges(page.alarms?.alarms, alarms.value.alarms);
    page.alarms = alarms.value;
  }
  page.failure = null;
  if (answer.status === 'fulfilled') keep(place(route), answer.value);
  else if (!(answer.reason instanceof Unreachable)) page.failure = answer.reason; // refused, or not what this page understands
  const errors = results.map((result) => result.reason).filter((reason) => reason instanceof Unreachable);
  connected(after(page.connection, errors[0] ?? null, Date.now()));
  redraw();
}

// Said once, at the change: the banner's own words change with every poll.
function connected(next) {
  const before = status(page.connection, Date.now());
  page.connection = next;
  const now = status(next, Date.now());
  if (now === 'gone' && before !== 'gone') interrupt('The lab does not answer. What you see is old.');
  if (now === 'live' && before === 'gone') say('The lab answers again.');
}

const KEPT_ANSWERS = 20;
function keep(name, answer) {
  page.answers.delete(name);
  page.answers.set(name, answer);
  if (page.answers.size > KEPT_ANSWERS) page.answers.delete(page.answers.keys().next().value);
}

let arriving = null; // where focus goes in a place that one has just come to, until all of it is drawn

// The heading of a place may be drawn anew when its answer comes, and a remembered row only then. Whoever went elsewhere
// meanwhile is left there.
function land() {
  if (!arriving) return;
  const { selector, fresh } = arriving;
  const row = selector && document.querySelector(`#main ${selector}`);
  const here = document.activeElement;
  if (fresh || here === document.body || here.matches('#main h1')) (row || document.querySelector('#main h1'))?.focus({ preventScroll: !row });
  arriving = page.failure || page.answers.has(place(page.route)) ? null : { selector, fresh: false };
}

function onRoute() {
  const before = page.route;
  page.route = parse(location.hash);
  page.failure = null;
  page.cursor = null;
  if (place(before) !== place(page.route)) {
    say(viewOf(page.route.view).title(page.route));
    const selector = viewOf(page.route.view).remembered?.(before) ?? null;
    arriving = { selector, fresh: true };
    paint();
    if (!selector) scrollTo(0, 0);
  }
  redraw();
  polling.now();
}

theme.apply();
addEventListener('hashchange', onRoute);
addEventListener('resize', redraw);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
// Its own address would be taken for a place.
at('skip').onclick = (event) => {
  event.preventDefault();
  at('main').focus();
};
listenToKeys({ route: () => page.route, dialog: at('keys') });
paint();
const polling = poll(ask);
