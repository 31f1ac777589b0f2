// What the console says when the lab is slow, gone, or back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.js';
import { serve } from './server.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test('a lab that stops leaves a banner and the last picture; one that comes back is shown again', async () => {
  const server = await serve();
  const { page } = await open(browser, server.url, '/#/requests');
  await page.waitForSelector('.connection.live');
  assert.equal(await page.locator('.banner').count(), 0);
  await server.stop();
  await page.waitForSelector('.banner.stale, .banner.gone');
  await page.waitForSelector('.banner.gone');
  assert.match(await page.locator('.banner').innerText(), /The lab does not answer\..*What you see is from \d\d:\d\d:\d\d\.\d{3}.*cargo lab up/s);
  assert.match(await page.locator('.connection').innerText(), /✕ Lab gone/);
  assert.match(await page.locator('#assertive').textContent(), /does not answer/);
  assert.equal(await page.locator('.requests tbody tr').count(), 60, 'the last picture stays');
  const again = await serve({ port: server.port });
  await page.waitForSelector('.connection.live');
  assert.equal(await page.locator('.banner').count(), 0);
  assert.match(await page.locator('#polite').textContent(), /answers again/);
  await again.stop();
  await page.context().close();
});

test('a page that is not seen asks nothing, and asks at once when it is seen again', async () => {
  const server = await serve();
  const { page, blameless } = await open(browser, server.url, '/#/requests');
  await page.waitForSelector('.requests tbody tr');
  const see = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await see(true);
  let asked;
  do { // what was under way arrives
    asked = server.asked.length;
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
  } while (server.asked.length !== asked);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 3000))); // longer than the pause between two polls
  assert.equal(server.asked.length, asked);
  await see(false);
  await page.waitForFunction(() => performance.getEntriesByType('resource').at(-1).startTime > performance.now() - 1000);
  assert.ok(server.asked.length > asked);
  blameless();
  await page.context().close();
  await server.stop();
});

test('leaving a section gives up what it asked, and a late answer does not show in the next', async () => {
  const server = await serve();
  const { page, blameless } = await open(browser, server.url, '/#/overview');
  await page.waitForSelector('.map');
  await page.evaluate(() => {
    const { fetch } = window;
    window.given = [];
    window.fetch = (path, options) => {
      options.signal.addEventListener('abort', () => window.given.push(path));
      return path.startsWith('/api/errors') ? new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason))) : fetch(path, options);
    };
  });
  await page.goto(`${server.url}/#/errors`);
  await page.goto(`${server.url}/#/requests`);
  await page.waitForSelector('.requests tbody tr');
  assert.ok((await page.evaluate(() => window.given)).includes('/api/errors'));
  blameless();
  await page.context().close();
  await server.stop();
});

test('what the lab refuses is said in its own words, and is not taken for its end', async () => {
  const server = await serve();
  server.change({ '/api/dashboards/wild-rydes-dev-service': () => null });
  const { page } = await open(browser, server.url, '/#/dashboards/wild-rydes-dev-service');
  await page.waitForSelector('#main .empty code');
  assert.match(await page.locator('#main').innerText(), /no dashboard of this name[\s\S]*nothing is known of/);
  await page.waitForSelector('.connection.live');
  await page.context().close();
  await server.stop();
});

test('an answer that a section does not understand spoils that section only', async () => {
  const server = await serve();
  server.change({ '/api/errors': () => ({ errors: [{}] }) });
  const { page } = await open(browser, server.url, '/#/errors');
  await page.waitForFunction(() => document.querySelector('#main').textContent.includes('failed on the lab’s answer'));
  await page.waitForSelector('#alarms .chip');
  const asked = server.asked.length;
  while (server.asked.length < asked + 3) await page.evaluate(() => new Promise(requestAnimationFrame));
  await page.keyboard.press('2');
  await page.waitForSelector('.requests tbody tr');
  await page.context().close();
  await server.stop();
});
