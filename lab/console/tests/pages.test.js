// What each section shows, in Chromium, against fixtures.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.js';
import { alarms } from './fixture_alarms.js';
import { CANARY, GUILTY, idOf } from './fixture_requests.js';
import { serve } from './server.js';

let server;
let quiet;
let browser;
before(async () => {
  [server, quiet, browser] = await Promise.all([serve(), serve({ quiet: true }), launch()]);
});
after(() => Promise.all([server.stop(), quiet.stop(), browser.close()]));

/** A test of the page at `hash`, which must not misbehave meanwhile. */
function at(hash, name, body, allowed) {
  test(name, async () => {
    const { page, blameless } = await open(browser, server.url, hash);
    await body(page);
    blameless(allowed);
    await page.context().close();
  });
}

const texts = (page, selector) => page.locator(selector).allTextContents();
const wait = (page, selector) => page.waitForSelector(selector, { state: 'attached' });

at('/#/overview', 'the strip says each state by word, symbol and class, those that ring first', async (page) => {
  await wait(page, '#alarms .chip');
  const groups = await texts(page, '#alarms h2');
  assert.match(groups[0], /▲\s*ALARM\s*4/);
  assert.match(groups[1], /\?\s*INSUFFICIENT_DATA\s*2/);
  assert.match(groups[2], /✓\s*OK\s*35/);
  const chips = page.locator('#alarms .chip');
  assert.equal(await chips.count(), 41);
  assert.match(await chips.nth(0).innerText(), /^▲ ALARM api-5xx-rate page$/);
  assert.match(await chips.nth(0).getAttribute('class'), /alarm/);
  assert.match(await page.title(), /^\(4 ALARM\)/);
  await page.getByRole('button', { name: 'fold' }).click();
  await page.waitForFunction(() => document.querySelectorAll('#alarms .chip').length === 6);
});

at('/#/overview', 'an alarm leads to what it means, what to do, why it rings and what it was', async (page) => {
  await page.locator('#alarms .chip').first().click();
  await wait(page, 'dl.facts');
  const main = await page.locator('#main').innerText();
  for (const part of [/What api-5xx-rate means/, /runbooks\/api-5xx-rate\.md/, /3 out of the last 5 datapoints/, /IF\(n>0,100\*e\/n,0\)/, /> 5, 3 of 5/, /INSUFFICIENT_DATA/, /wild-rydes-dev-page/]) {
    assert.match(main, part);
  }
});

test('with a fast clock, alarms and charts count from CloudWatch’s now and not from the machine’s', async (context) => {
  const fast = await serve();
  context.after(() => fast.stop()); // also when it fails, or the run would never end
  const AHEAD = 30 * 60000;
  fast.change({ '/api/alarms': (_, now) => alarms(now + AHEAD) });
  const { page, blameless } = await open(browser, fast.url, `/#/alarm/${encodeURIComponent('wild-rydes-dev-api-5xx-rate')}`);
  await wait(page, 'dl.facts');
  assert.match(await page.locator('dl.facts').innerText(), /\(3 min ago\)/);
  // The values end half an hour ago, in the middle of an hour.
  await page.goto(`${fast.url}/#/metrics?namespace=AWS%2FLambda&name=Errors&dimensions=FunctionName%3Dwild-rydes-dev-put-ride-record&minutes=60`);
  await wait(page, '.chart .stroke');
  const share = await page.locator('.chart').first().evaluate((chart) => {
    const box = chart.querySelector('.stroke').getBBox();
    return (box.x + box.width) / Number(chart.getAttribute('width'));
  });
  assert.ok(share < 0.8, String(share));
  blameless();
  await page.context().close();
});

at('/#/overview', 'the map names who calls whom and marks only where the failures begin', async (page) => {
  await wait(page, '.map .node');
  assert.deepEqual(await page.locator('.node.guilty .kind').allTextContents(), ['AWS DynamoDB']);
  assert.deepEqual(await page.locator('.node.guilty .name').allTextContents(), ['rides']);
  assert.deepEqual((await page.locator('.node.suffers .name').allTextContents()).sort(), ['put-ride-record', 'request-ride', 'wild-rydes-dev']);
  assert.match(await page.locator('.node.guilty .verdict').textContent(), /guilty/);
  const wide = await page.locator('.edge').evaluateAll((all) => all.map((edge) => Number(edge.getAttribute('stroke-width'))));
  assert.ok(Math.max(...wide) > 5 && Math.min(...wide) < 2, String(wide));
  assert.match(await page.locator('.calls').innerText(), /put-ride-record\s+✕ DynamoDB rides\s+545\s+1.82\s+61/);
  assert.equal(await page.locator('.columns .requests tbody tr').count(), 7);
});

at('/#/requests', 'the list is filtered by flag, route and word, and the address keeps the filter', async (page) => {
  await wait(page, '.requests tbody tr');
  const rows = page.locator('.requests tbody tr');
  assert.equal(await rows.count(), 60);
  await page.getByLabel('Faulty').check();
  await page.waitForFunction(() => document.querySelectorAll('.requests tbody tr').length === 7);
  assert.match(page.url(), /faulty=1/);
  assert.ok((await rows.allInnerTexts()).every((row) => row.includes('✕') && row.includes(GUILTY)));
  await page.getByLabel('Route').selectOption('POST /probe/ride');
  await page.waitForFunction(() => document.querySelectorAll('.requests tbody tr').length === 1);
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll('.requests tbody tr').length === 1);
  assert.equal(await page.getByLabel('Faulty').isChecked(), true);
  await page.goto(`${server.url}/#/requests`);
  await page.getByLabel('Cold start').check();
  await page.waitForFunction(() => document.querySelectorAll('.requests tbody tr').length === 3);
  await page.getByLabel('Cold start').uncheck();
  await page.getByLabel('Order').selectOption('slowest');
  await page.waitForFunction(() => document.querySelector('.requests tbody tr').textContent.includes('2,403.1'));
  await page.getByPlaceholder(/^Find/).fill(idOf(8));
  await page.waitForFunction(() => document.querySelectorAll('.requests tbody tr').length === 1);
  await page.getByPlaceholder(/^Find/).fill('nothing like it');
  await page.getByRole('link', { name: 'Clear the filters' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.requests tbody tr').length === 60);
});

at(`/#/request/${idOf(2)}`, 'the waterfall marks the guilty span, shows the retries, and tells the cause at once', async (page) => {
  await wait(page, '.span');
  assert.equal(await page.locator('.span').count(), 12);
  assert.equal(await page.locator('.span.guilty').count(), 1);
  assert.match(await page.locator('.span.guilty').innerText(), /DynamoDB[\s\S]*↻ 3\/3[\s\S]*guilty[\s\S]*fault/);
  assert.match(await page.locator('.span.guilty').getAttribute('aria-label'), /guilty, fault, throttle.*attempt 3 of 3/);
  assert.equal(await page.locator('.span .tries').count(), 3);
  assert.match(await page.locator('.detail').innerText(), /ProvisionedThroughputExceededException/);
  const left = await page.locator('.span .track .bar').evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().left));
  assert.ok(left.at(-1) > left.at(-2) && left.at(-2) > left.at(-3), 'the attempts follow each other');
  await page.locator('.span').nth(3).click();
  await page.waitForFunction(() => document.querySelector('.detail h3').textContent.startsWith('get_unicorn'));
  assert.match(page.url(), /span=b3/);
});

at(`/#/request/${idOf(2)}`, 'log lines of all functions stand in order, the platform’s apart, and open to their fields', async (page) => {
  await wait(page, '.line');
  const offsets = await page.locator('.line summary > :first-child').allTextContents();
  const numbers = offsets.map((offset) => Number(offset.replace(/[+,]/g, '')));
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
  const services = new Set(await page.locator('.line .service').allTextContents());
  assert.deepEqual([...services].sort(), ['gateway', 'put-ride-record', 'request-ride', 'request-unicorn']);
  assert.equal(await page.locator('.line.platform').count(), 2);
  assert.match(await page.locator('.line.platform').first().innerText(), /platform/);
  await page.locator('.line.error summary').first().click();
  assert.match(await page.locator('.line.error .fields').first().innerText(), /ProvisionedThroughputExceededException/);
  await page.getByLabel(/platform/).uncheck();
  await page.waitForFunction(() => !document.querySelector('.line.platform'));
  assert.equal(await page.locator('.line.error').first().evaluate((line) => line.open), true, 'what is open stays open');
});

at(`/#/request/${idOf(0)}`, 'a request that went well has no guilty span, no fault and no retry', async (page) => {
  await wait(page, '.span');
  assert.equal(await page.locator('.span').count(), 10);
  assert.equal(await page.locator('.span.guilty, .span .badge, .span .tries, .verdict').count(), 0);
});

at(`/#/request/${idOf(6)}`, 'a request that was not sampled says so and still has its lines', async (page) => {
  await wait(page, '.line');
  assert.match(await page.locator('#main').innerText(), /No spans: this request was not sampled/);
});

at('/#/request/nobody', 'an unknown request says what to do', async (page) => {
  await wait(page, '#main .empty code');
  assert.match(await page.locator('#main').innerText(), /knows no request of this id[\s\S]*All requests/);
}, /404/);

at('/#/metrics', 'a metric is picked and drawn, with a gap where data is missing and a table', async (page) => {
  await page.getByPlaceholder(/^Find/).fill('latency put');
  await page.waitForFunction(() => document.querySelectorAll('.metrics a').length === 2);
  await page.locator('.metrics a').last().click();
  await wait(page, '.chart .stroke');
  assert.equal((await page.locator('.chart .series .stroke').getAttribute('d')).match(/M/g).length, 2, 'two runs, one gap');
  assert.match(server.asked.at(-1), /\/api\//);
  assert.ok(server.asked.some((path) => path.includes('stat=p99') && path.includes('dimensions=service%3Dput-ride-record%2Cstage%3Ddev')));
  await page.getByLabel('Statistic').selectOption('Sum');
  await page.waitForFunction(() => document.querySelector('figcaption')?.textContent.includes('RequestLatency Sum'));
  await page.locator('.chart').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await wait(page, '.chart .cursor');
  assert.match(await page.locator('#polite').textContent(), /RequestLatency Sum [\d.]+ ms/);
  await page.locator('.as-table summary').click();
  assert.ok(await page.locator('.as-table tbody tr').count() > 40);
});

at('/#/dashboards', 'a dashboard has its widgets where the template puts them', async (page) => {
  await wait(page, '.widget .chart');
  const boxes = Object.fromEntries(await page.locator('.widget').evaluateAll((all) => all.map((one) => [one.getAttribute('aria-label'), one.getBoundingClientRect().toJSON()])));
  const latency = boxes['POST /ride latency'];
  assert.ok(latency.left > boxes['Rides today'].right && latency.top === boxes['Rides today'].top);
  assert.ok(Math.abs(latency.width / boxes['Rides today'].width - 3) < 0.1);
  assert.ok(boxes['Last values'].top > boxes['Rides today'].bottom);
  const chart = page.locator('.widget[aria-label="POST /ride latency"]');
  assert.deepEqual(await chart.locator('.threshold text').allTextContents(), ['budget 3000 ms', 'deployed']);
  const dashes = await chart.locator('.series .stroke').evaluateAll((all) => all.map((one) => one.getAttribute('stroke-dasharray')));
  assert.equal(new Set(dashes).size, 3, 'lines differ without colour');
  assert.match(await page.locator('.widget[aria-label="Requests and error rate"] figcaption').innerText(), /5xx \(right\)/);
  await chart.locator('.chart').hover();
  await page.waitForFunction(() => document.querySelectorAll('.chart .cursor').length === 3); // on all charts at the same time
  assert.match(await chart.locator('.reading').innerText(), /^\d\d:\d\d:00\.000/);
  assert.match(await page.locator('.widget.alarm').innerText(), /▲ ALARM api-5xx-rate/);
  assert.match(await page.locator('.widget.text').innerText(), /Riders first[\s\S]*runbooks\/api-5xx-rate\.md/);
  for (const widget of await page.locator('.widget.metric').all()) {
    const over = await widget.evaluate((one) => one.scrollHeight - one.clientHeight);
    assert.ok(over <= 1, `${await widget.getAttribute('aria-label')} is ${over} px too high`);
  }
  await page.getByRole('link', { name: 'wild-rydes-dev-debug' }).click();
  await wait(page, '.widget.log pre');
  assert.match(await page.locator('.widget.log').innerText(), /stats count\(\*\) by message/);
  assert.match(await page.locator('.widget[aria-label="Nothing yet"]').innerText(), /No data in this range/);
});

at('/#/errors', 'errors are counted, and one of each can be opened', async (page) => {
  await wait(page, '.errors tbody tr');
  assert.match(await page.locator('.errors tbody tr').first().innerText(), /61[\s\S]*put-ride-record[\s\S]*503/);
  await page.locator('.errors a').first().click();
  await wait(page, '.span.guilty');
});

at('/#/errors', 'text of the API stays text', async (page) => {
  await wait(page, '.errors tbody tr');
  assert.ok((await page.locator('#main').innerText()).includes(CANARY));
  for (const hash of [`#/request/${idOf(2)}`, '#/requests', '#/dashboards', '#/no-such-place', '#/request/%E0%A4%A']) {
    await page.goto(`${server.url}/${hash}`);
    await wait(page, '#main h1, #main .empty');
  }
  assert.equal(await page.locator('#main img').count(), 0);
  assert.doesNotMatch(await page.title(), /injected/);
}, /404/);

at('/#/requests?faulty=1', 'the back button goes to where one was', async (page) => {
  await page.locator('.requests a').first().click();
  await wait(page, '.span');
  await page.locator('.span').first().click();
  await page.goBack();
  await page.waitForFunction(() => location.hash === '#/requests?faulty=1' && document.querySelectorAll('.requests tbody tr').length === 7);
});

test('an empty lab says what to do next', async () => {
  const { page, blameless } = await open(browser, quiet.url, '/#/requests');
  const says = async (hash, words) => {
    await page.goto(`${quiet.url}/${hash}`);
    await page.waitForFunction((source) => new RegExp(source).test(document.body.innerText), words.source);
  };
  await says('#/requests', /No requests yet\. Book one: cargo lab ride/);
  await says('#/requests?faulty=1', /No request matches these filters\. Clear the filters/);
  await says('#/overview', /Book a ride: cargo lab ride/);
  await says('#/overview', /No faulty requests/);
  await says('#/overview', /the template defines none/);
  await says('#/errors', /No errors since the lab was started/);
  await says('#/metrics', /No metrics yet/);
  await says('#/dashboards', /AWS::CloudWatch::Dashboard/);
  blameless();
  await page.context().close();
});
