// How it looks: contrast of the text as drawn, both themes, narrow screens, and pictures of it all.
import assert from 'node:assert/strict';
import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { contrast } from '../colour.js';
import { launch, open } from './browser.js';
import { PLACES, shoot, tour } from './shots.js';
import { serve } from './server.js';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
});
after(() => Promise.all([server.stop(), browser.close()]));

/** Each text on the page with its colour and that of the nearest ground that is not transparent. */
function inks() {
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    const inSvg = element.namespaceURI.endsWith('svg');
    const ink = inSvg ? getComputedStyle(element).fill : getComputedStyle(element).color;
    const box = inSvg && element.closest('.node')?.querySelector('rect');
    let paper = box ? getComputedStyle(box).fill : 'rgba(0, 0, 0, 0)';
    for (let ground = element; ground && /, 0\)$/.test(paper); ground = ground.parentElement) paper = getComputedStyle(ground).backgroundColor;
    found.set(`${ink} on ${paper}`, { ink, paper, text: walker.currentNode.data.trim().slice(0, 40) });
  }
  return [...found.values()];
}

for (const colorScheme of ['light', 'dark']) {
  test(`every text of every section has a contrast of 4.5 in the ${colorScheme} theme, as drawn`, async () => {
    const weak = [];
    await tour(browser, server.url, { colorScheme }, async (page, name) => {
      for (const { ink, paper, text } of await page.evaluate(inks)) {
        if (contrast(ink, paper) < 4.5) weak.push(`${name}: "${text}" ${ink} on ${paper} ${contrast(ink, paper).toFixed(2)}`);
      }
    });
    assert.deepEqual(weak, []);
  });
}

test('the theme is turned by a button, and kept', async () => {
  const { page, blameless } = await open(browser, server.url, '/#/overview', { colorScheme: 'light' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  const button = page.getByRole('button', { name: /^Theme/ });
  await button.click();
  assert.equal(await ground(), light);
  await button.click();
  await page.waitForFunction((before) => getComputedStyle(document.body).backgroundColor !== before, light);
  await page.reload();
  assert.notEqual(await ground(), light);
  blameless();
  await page.context().close();
});

test('without storage the theme still turns', async () => {
  const { page, blameless } = await open(browser, server.url, '/#/overview', { colorScheme: 'light' });
  await page.addInitScript(() => Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('forbidden', 'SecurityError'); } }));
  await page.reload();
  const button = page.getByRole('button', { name: /^Theme/ });
  await button.click();
  await button.click();
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  blameless();
  await page.context().close();
});

test('on a narrow screen nothing runs out of the page sideways', async () => {
  await tour(browser, server.url, { viewport: { width: 420, height: 800 } }, async (page, name) => {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), name);
  });
});

test('pictures of every section are taken in both themes', async () => {
  const folder = process.env.CONSOLE_SHOTS ?? await mkdtemp(join(tmpdir(), 'console-'));
  const paths = await shoot(browser, server.url, folder);
  assert.equal(paths.length, 2 * Object.keys(PLACES).length);
  for (const path of paths) assert.ok((await stat(path)).size > 10000, path);
  console.log(`pictures in ${folder}`);
});
