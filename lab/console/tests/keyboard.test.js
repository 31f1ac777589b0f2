// The console without a mouse.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.js';
import { idOf } from './fixture_requests.js';
import { serve } from './server.js';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([serve(), launch()]);
});
after(() => Promise.all([server.stop(), browser.close()]));

const focused = (page) => page.evaluate(() => document.activeElement.dataset.row ?? document.activeElement.localName);

test('from the list to a guilty span and back, by keys alone', async () => {
  const { page, blameless } = await open(browser, server.url, '/#/requests');
  await page.waitForSelector('.requests tbody tr');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.type), 'search');
  await page.keyboard.type('503 j/?');
  assert.equal(await page.evaluate(() => document.activeElement.value), '503 j/?', 'keys are letters while one types');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('503');
  await page.waitForFunction(() => document.querySelectorAll('.requests tbody tr').length === 7);
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  assert.equal(await focused(page), idOf(2));
  await page.keyboard.press('j');
  assert.equal(await focused(page), idOf(16));
  await page.keyboard.press('k');
  assert.equal(await focused(page), idOf(2));
  await page.keyboard.press('Enter');
  await page.waitForSelector('.span.guilty');
  assert.equal(await focused(page), 'h1', 'a new page begins at its heading');
  for (let press = 0; press < 12; press += 1) await page.keyboard.press('j');
  assert.equal(await focused(page), 'e3');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.detail').textContent.includes('attempt 2 of 3'));
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => location.hash.startsWith('#/requests?q=503'));
  await page.waitForFunction((id) => document.activeElement.dataset.row === id, idOf(2));
  blameless();
  await page.context().close();
});

test('a poll takes away neither focus nor scroll position', async () => {
  const { page } = await open(browser, server.url, '/#/requests');
  await page.waitForSelector('.requests tbody tr');
  for (let press = 0; press < 40; press += 1) await page.keyboard.press('j');
  const before = await page.evaluate(() => scrollY);
  assert.ok(before > 0);
  const polled = server.asked.length;
  while (server.asked.length < polled + 6) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(await focused(page), idOf(39));
  assert.equal(await page.evaluate(() => scrollY), before);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.span');
  assert.equal(await page.evaluate(() => scrollY), 0, 'a new page begins at its top');
  await page.keyboard.press('Escape');
  await page.waitForFunction((id) => document.activeElement.dataset.row === id, idOf(39));
  assert.ok(await page.evaluate(() => {
    const { top, bottom } = document.activeElement.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }), 'the row that one came from can be seen');
  await page.context().close();
});

test('Esc on a page that was opened by its address leads to its list', async () => {
  const { page } = await open(browser, server.url, `/#/request/${idOf(2)}`);
  await page.waitForSelector('.span');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => location.hash === '#/requests');
  await page.context().close();
});

test('? shows the keys, Esc closes them, numbers are the sections, and single keys can be turned off', async () => {
  const { page, blameless } = await open(browser, server.url, '/#/overview');
  await page.waitForSelector('.map');
  await page.keyboard.press('?');
  assert.equal(await page.locator('dialog').isVisible(), true);
  assert.match(await page.locator('dialog').innerText(), /Next and previous row/);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('dialog').isVisible(), false);
  for (const [key, hash] of [['2', '#/requests'], ['3', '#/errors'], ['4', '#/metrics'], ['5', '#/dashboards'], ['6', '#/alarms'], ['1', '#/overview']]) {
    await page.keyboard.press(key);
    await page.waitForFunction((wanted) => location.hash === wanted, hash);
  }
  await page.keyboard.press('?');
  await page.getByLabel(/without Ctrl/).uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('2');
  assert.equal(await page.evaluate(() => location.hash), '#/overview');
  blameless();
  await page.context().close();
});

test('Tab reaches everything that a mouse can use, and what has focus shows it', async () => {
  for (const hash of ['#/overview', '#/requests', `#/request/${idOf(2)}`, '#/dashboards', '#/alarms', '#/metrics', '#/errors']) {
    const { page } = await open(browser, server.url, `/${hash}`);
    await page.waitForFunction(() => !document.querySelector('#main').textContent.includes('Asking'));
    const { unreachable, named } = await page.evaluate(() => {
      const all = [...document.querySelectorAll('a[href], button, input, select, summary, svg.chart')];
      return {
        unreachable: all.filter((one) => one.tabIndex < 0 && !(one instanceof SVGAElement)).map((one) => one.outerHTML.slice(0, 80)),
        named: all.filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.[0]?.textContent.trim())).map((one) => one.outerHTML.slice(0, 80)),
      };
    });
    assert.deepEqual(unreachable, [], hash);
    assert.deepEqual(named, [], `${hash}: without a name`);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    for (let press = 0; press < 12; press += 1) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      assert.notEqual(outline, 'none', `${hash}: ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120))}`);
    }
    await page.context().close();
  }
});

test('the page has its landmarks and one heading of the first level', async () => {
  const { page } = await open(browser, server.url, '/#/requests');
  await page.waitForSelector('.requests');
  for (const [role, name] of [['banner', undefined], ['navigation', 'Sections'], ['main', undefined], ['region', 'Alarms'], ['search', 'Requests']]) {
    assert.equal(await page.getByRole(role, { name, exact: true }).count(), 1, role);
  }
  assert.equal(await page.locator('h1').count(), 1);
  await page.locator('#skip').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  assert.equal(await page.evaluate(() => location.hash), '#/requests');
  await page.context().close();
});

test('an alarm that begins to ring is said at once', async () => {
  const { page } = await open(browser, server.url, '/#/overview');
  await page.waitForSelector('#alarms .chip');
  assert.equal(await page.locator('#assertive').textContent(), '');
  const { alarms } = await import('./fixture_alarms.js');
  server.change({ '/api/alarms': (_, now) => {
    const answer = alarms(now);
    answer.alarms.find((alarm) => alarm.name.endsWith('telemetry')).state = 'ALARM';
    return answer;
  } });
  await page.waitForFunction(() => document.querySelector('#assertive').textContent === 'wild-rydes-dev-telemetry went from OK to ALARM.');
  assert.match(await page.title(), /^\(5 ALARM\)/);
  await page.context().close();
});
