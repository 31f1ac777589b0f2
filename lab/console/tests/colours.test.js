// Contrast of the declared colours, in both themes: 4.5:1 for text, 3:1 for what is drawn and for borders of controls
// (https://www.w3.org/TR/WCAG22/#contrast-minimum, https://www.w3.org/TR/WCAG22/#non-text-contrast).
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { contrast } from '../colour.js';
import { CONSOLE } from './server.js';

const declared = new Map();
for (const [, name, light, dark] of (await readFile(new URL('theme.css', CONSOLE), 'utf8')).matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)) {
  declared.set(name, { light, dark });
}

const SURFACES = ['paper', 'panel', 'raised'];
const SOFT = ['alarm', 'warn', 'ok', 'nodata', 'cold'];
const SERIES = [0, 1, 2, 3, 4, 5].map((number) => `series-${number}`);

/** What stands on what. */
const TEXT = [
  ...['text', 'muted', 'link', 'alarm', 'warn', 'ok', 'nodata', 'cold'].flatMap((ink) => SURFACES.map((paper) => [ink, paper])),
  ...SOFT.map((tone) => [tone, `${tone}-soft`]),
  ...['text', 'muted', 'link', 'warn', 'cold'].map((ink) => [ink, 'alarm-soft']), // rows of faulty requests
  ['guilty-ink', 'guilty-paper'],
];
const DRAWN = [
  ...['edge', 'focus', 'alarm', 'warn', ...SERIES].flatMap((ink) => ['paper', 'panel'].map((paper) => [ink, paper])),
  ['focus', 'raised'], ['edge', 'raised'], ['guilty-paper', 'panel'], ['alarm', 'alarm-soft'], ['warn', 'alarm-soft'],
];

for (const theme of ['light', 'dark']) {
  for (const [pairs, least, what] of [[TEXT, 4.5, 'text'], [DRAWN, 3, 'drawings']]) {
    test(`the ${theme} theme has ${what} with a contrast of ${least} at least`, () => {
      const weak = pairs
        .map(([ink, paper]) => [`${ink} on ${paper}`, contrast(declared.get(ink)[theme], declared.get(paper)[theme])])
        .filter(([, ratio]) => ratio < least)
        .map(([pair, ratio]) => `${pair}: ${ratio.toFixed(2)}`);
      assert.deepEqual(weak, []);
    });
  }
}

test('contrast is what WCAG says it is', () => {
  assert.equal(contrast('#ffffff', '#000000'), 21);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
  assert.equal(contrast('rgb(119, 119, 119)', '#ffffff').toFixed(2), '4.48');
});

test('every colour of the console is declared, as light and dark, and nowhere else', async () => {
  for (const name of ['style.css', 'views.css', 'graphics.css']) {
    const css = await readFile(new URL(name, CONSOLE), 'utf8');
    assert.deepEqual(css.match(/#[0-9a-f]{3,8}\b/gi) ?? [], [], name);
    for (const [, used] of css.matchAll(/var\(--([\w-]+)\)/g)) assert.ok(declared.has(used), `${name} uses --${used}`);
  }
});
