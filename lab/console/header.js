// The head of the page: what stack this is, where one can go, and whether what one sees is current.
import { mark } from './connection.js';
import { h } from './dom.js';
import { href } from './router.js';
import { theme } from './theme.js';
import { TABS } from './views.js';

const THEMES = { auto: '◐ Auto', light: '☀ Light', dark: '☾ Dark' };

/** `turnTheme` and `openKeys` are what the two buttons do. */
export function headerOf({ route, state, connection }, { turnTheme, openKeys }) {
  return [
    h('div', { class: 'brand' }, h('strong', null, 'Wild Rydes'), ' lab',
      state && h('span', { class: 'muted stage' }, ` ${state.stage} · ${state.region}`,
        state.compress > 1 && ` · clock ×${state.compress}`)),
    h('nav', { 'aria-label': 'Sections' }, h('ul', null, TABS.map(({ view, word, within }, index) =>
      h('li', { key: view }, h('a', {
        href: href(view),
        title: `Key ${index + 1}`,
        'aria-current': [view, ...(within ?? [])].includes(route.view) ? 'page' : null,
      }, word))))),
    h('div', { class: 'tools' },
      mark(connection, Date.now()),
      h('button', { type: 'button', class: 'quiet', onclick: turnTheme, 'aria-label': `Theme: ${theme()}. Change it.` }, THEMES[theme()]),
      h('button', { type: 'button', class: 'quiet', onclick: openKeys, 'aria-label': 'Keys' }, h('kbd', null, '?'), ' Keys')),
  ];
}
