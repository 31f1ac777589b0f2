// The operations page in a browser: its colours and its words, the red row, hostile texts, keyboard, both themes, with and without JavaScript.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { serve } from './server.js';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
});
after(() => browser.close());

/** A page that may make no mistake, on a server of its own: an error on the console, a broken policy or a stranger's address fails the test. */
async function visit(scene, work, options = {}) {
  const server = await serve(scene);
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`); });
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack}`));
  page.on('request', (request) => { if (!request.url().startsWith(new URL(server.url).origin) && !request.url().startsWith('data:')) faults.push(`stranger: ${request.url()}`); });
  try {
    await page.goto(server.url);
    await page.waitForSelector('#main h1');
    await work(page, server, faults);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
    await server.stop();
  }
}

/** Which of red, green and amber a colour is. */
function name(colour) {
  const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 25) return `grey (${colour})`;
  if (green > red) return 'green';
  return (green - blue) / (red - blue || 1) > 0.4 ? 'amber' : 'red';
}

const colour = (locator, property = 'color') => locator.evaluate((element, which) => getComputedStyle(element)[which], property).then(name);
const words = (page, id) => page.locator(`#${id}`).innerText();

for (const colorScheme of ['light', 'dark']) {
  test(`cards have the colours and the words of their numbers, ${colorScheme}`, async () => {
    await visit('busy', async (page) => {
      for (const [id, expected, number, word] of [['in-queue', 'amber', '5', 'Waiting'], ['placed', 'green', '36', 'Coming in'], ['processed', 'amber', '24', 'Fewer than placed']]) {
        const card = page.locator(`#${id}`);
        assert.equal(await colour(card), expected, id);
        assert.equal(await colour(card, 'borderTopColor'), expected, id);
        assert.match(await words(page, id), new RegExp(`${number}\\s+${word}`), id);
      }
    }, { colorScheme });
    await visit('steady', async (page) => {
      for (const [id, number, word] of [['in-queue', '0', 'Nothing waits'], ['placed', '36', 'Coming in'], ['processed', '36', 'Keeping up']]) {
        assert.equal(await colour(page.locator(`#${id}`)), 'green', id);
        assert.match(await words(page, id), new RegExp(`${number}\\s+${word}`), id);
      }
      assert.equal(await page.locator('tr.failed').count(), 0);
      assert.match(await words(page, 'alarms'), /none is on/);
    }, { colorScheme });
    await visit('empty', async (page) => {
      for (const [id, expected, word] of [['in-queue', 'green', 'Nothing waits'], ['placed', 'red', 'No payments come in'], ['processed', 'red', 'No payments are processed']]) {
        assert.equal(await colour(page.locator(`#${id}`)), expected, id);
        assert.ok((await words(page, id)).includes(word), id);
      }
      assert.equal(await words(page, 'none'), 'No payments yet.');
      // What SQS itself buried is of a payment that is not red.
      assert.equal(await page.locator('#redrive-all').count(), 1);
      assert.equal(await page.locator('#runbook').count(), 0);
    }, { colorScheme });
  });

  test(`a failed payment is a red row with its reason, a waiting one is amber, a complete one green, ${colorScheme}`, async () => {
    await visit('busy', async (page) => {
      const failed = page.locator('tr.failed').first();
      assert.equal(await colour(failed), 'red');
      assert.equal(await colour(failed.locator('.status')), 'red');
      assert.equal(await failed.locator('.status').innerText(), 'Failed');
      const text = await failed.innerText();
      for (const part of ['finance answered 400', '<script>', 'req-17', 'Redrive', 'Runbook', 'ada <b>']) assert.ok(text.includes(part), `${part} in ${text}`);
      assert.match(text, /\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d/);
      assert.equal(await colour(page.locator('tr.waiting .status').first()), 'amber');
      assert.equal(await colour(page.locator('tr.complete .status').first()), 'green');
      assert.deepEqual(new Set(await page.locator('tr.waiting .status').allInnerTexts()), new Set(['Waiting', 'Processing']));
      assert.equal(await words(page, 'more'), 'Plus 35 more');
      assert.ok((await words(page, 'faults')).includes('latency'));
      assert.deepEqual(await page.locator('#alarms li strong').allInnerTexts(), ['Page: payment-failed', 'Ticket: oldest-payment']);
      assert.equal(await colour(page.locator('#alarms li').first()), 'red');
      assert.equal(await colour(page.locator('#alarms li').last()), 'amber');
    }, { colorScheme });
  });

  test(`every text has a contrast of 4.5 as drawn, ${colorScheme}`, async () => {
    await visit('busy', async (page) => {
      await page.locator('summary').evaluateAll((all) => all.forEach((summary) => summary.parentElement.setAttribute('open', '')));
      const weak = await page.evaluate(() => {
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
        const light = (colour) => { const [red, green, blue] = rgb(colour).map((value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; }); return 0.2126 * red + 0.7152 * green + 0.0722 * blue; };
        const contrast = (one, other) => { const [low, high] = [light(one), light(other)].sort((a, b) => a - b); return (high + 0.05) / (low + 0.05); };
        const found = [];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
          const element = walker.currentNode.parentElement;
          if (!walker.currentNode.data.trim() || !element.checkVisibility({ visibilityProperty: true }) || element.closest('.skip')) continue;
          const inSvg = element.namespaceURI.endsWith('svg');
          if (element.localName === 'title') continue;
          const ink = inSvg ? getComputedStyle(element).fill : getComputedStyle(element).color;
          let ground = element;
          while (ground && rgb(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
          const paper = getComputedStyle(ground ?? document.body).backgroundColor;
          if (contrast(ink, paper) < 4.5) found.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${ink} on ${paper}`);
        }
        return found;
      });
      assert.deepEqual(weak, []);
    }, { colorScheme });
  });
}

test('a hostile reason does nothing', async () => {
  await visit('busy', async (page) => {
    assert.equal(await page.title(), 'Payments · dev');
    assert.equal(await page.locator('#payments img, #payments script').count(), 0);
  });
});

test('the chart has a bar for each number and its numbers as a table', async () => {
  await visit('busy', async (page) => {
    assert.equal(await page.locator('svg.chart rect').count(), 24);
    const heights = await page.locator('svg.chart rect.placed').evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute('height'))));
    assert.ok(heights.every((height, index) => index === 0 || height > heights[index - 1]), heights.join());
    await page.locator('#numbers summary').click();
    const last = await page.locator('#numbers tbody tr').last().innerText();
    assert.match(last, /36\s+24\s+\+12\s+2$/);
  });
});

test('the page renews itself, keeps what is open and where one is, and says when it cannot', async () => {
  await visit('busy', async (page, server, faults) => {
    await page.clock.install();
    await page.reload();
    await page.locator('#numbers summary').click();
    await page.locator('tr.failed button').first().focus();
    const focused = await page.evaluate(() => document.activeElement.id);
    const seen = server.asked.length;
    await page.clock.runFor(11_000);
    await page.waitForFunction(() => document.getElementById('numbers').open);
    while (server.asked.length === seen) await new Promise(setImmediate);
    await page.waitForLoadState('networkidle');
    assert.equal(await page.evaluate(() => document.activeElement.id), focused);
    assert.equal(await page.locator('#numbers').getAttribute('open'), '');
    server.scene('empty');
    await page.clock.runFor(11_000);
    await page.locator('#none').waitFor();
    server.break(true);
    await page.clock.runFor(70_000);
    await page.locator('#out-of-date').waitFor({ state: 'visible' });
    assert.match(await words(page, 'out-of-date'), /Old data\. This page could not be renewed/);
    faults.length = 0; // the browser tells of each 503
    server.break(false);
    await page.clock.runFor(11_000);
    await page.locator('#out-of-date').waitFor({ state: 'hidden' });
    faults.length = 0;
  });
});

test('what has not changed stays in place, and everything that takes the focus keeps it', async () => {
  await visit('busy', async (page) => {
    await page.clock.install();
    await page.reload();
    await page.locator('summary').evaluateAll((all) => all.forEach((summary) => summary.parentElement.setAttribute('open', '')));
    const anonymous = await page.locator('#main :is(a, button, input, select, summary, [tabindex])').evaluateAll((all) => all.filter((element) => !element.id).map((element) => element.outerHTML));
    assert.deepEqual(anonymous, []);
    assert.ok(await page.evaluate(() => [...document.getElementById('main').children].every((part) => part.id)));
    const age = (set) => page.evaluate((to) => { const { dataset } = document.getElementById('main'); if (to) dataset.ageS = to; return dataset.ageS; }, set);
    const renewed = async () => {
      await age('old');
      await page.clock.runFor(11_000);
      while (await age() === 'old') await new Promise(setImmediate);
    };
    await page.evaluate(() => { window.faults = document.getElementById('faults'); });
    for (const where of ['#wide', 'tr.failed summary', 'tr.failed form a', '#runbook', '#numbers-summary']) {
      await page.locator(where).first().focus();
      const id = await page.evaluate(() => document.activeElement.id);
      await renewed();
      assert.equal(await page.evaluate(() => document.activeElement.id), id, where);
    }
    assert.ok(await page.evaluate(() => window.faults === document.getElementById('faults')), 'a status that says the same is not put in again');
  });
});

test('a redrive is one press, leads back to the page and is not ordered again by loading it', async () => {
  await visit('busy', async (page, server) => {
    await page.getByRole('button', { name: /^Redrive the payment of ride/ }).first().click();
    await page.waitForFunction(() => document.getElementById('told'));
    assert.equal(await words(page, 'told'), 'The payment waits for another try.');
    assert.equal(server.asked.filter((asked) => asked.startsWith('POST')).length, 1);
    await page.reload();
    assert.equal(server.asked.filter((asked) => asked.startsWith('POST')).length, 1);
    await page.getByLabel('Redrive up to').fill('7');
    await page.getByRole('button', { name: 'Redrive dead letters' }).click();
    await page.waitForFunction(() => document.getElementById('told')?.textContent.includes('dead letters'));
  });
});

test('without JavaScript all of it is there, it renews itself and a redrive works', async () => {
  await visit('busy', async (page) => {
    assert.equal(await page.locator('tr.failed').count(), 2);
    assert.match(await page.locator('head').innerHTML(), /<meta http-equiv="refresh" content="10; url=\?">/);
    await page.locator('tr.failed button').first().click();
    await page.waitForURL(/told=queued/);
    assert.equal(await words(page, 'told'), 'The payment waits for another try.');
  }, { javaScriptEnabled: false });
});

test('the keyboard reaches everything in the order of the page, and shows where it is', async () => {
  await visit('busy', async (page) => {
    const reached = [];
    for (let presses = 0; presses < 12; presses += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return { what: document.activeElement.id || document.activeElement.className || document.activeElement.localName, outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
      });
      assert.ok(at.outline, at.what);
      reached.push(at.what);
    }
    for (const what of ['skip', 'limit', 'redrive-all', 'wide']) assert.ok(reached.includes(what), `${what} in ${reached}`);
    assert.ok(reached.some((what) => what.startsWith('redrive-019')), reached.join());
  });
});

test('on a narrow screen nothing runs out of the page sideways', async () => {
  await visit('busy', async (page) => {
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
  }, { viewport: { width: 380, height: 800 } });
});

test('a picture of the page is taken in both themes', async () => {
  for (const colorScheme of ['light', 'dark']) {
    await visit('busy', async (page) => {
      const path = process.env.OPS_SHOTS && `${process.env.OPS_SHOTS}/ops-${colorScheme}.png`;
      assert.ok((await page.screenshot({ path, fullPage: true })).length > 10_000);
    }, { colorScheme });
  }
});
