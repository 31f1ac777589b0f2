// The console of a running lab, in Chromium. LAB_CONSOLE is its address, as `cargo lab up` prints it.
// It books nothing: what it finds depends on what was sent to the lab before, and every case has its words.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.js';
import { CSP } from './server.js';

const address = process.env.LAB_CONSOLE;
assert.ok(address, 'LAB_CONSOLE is not set: start the lab with `cargo lab up` and give the address of its console, http://127.0.0.1:PORT');
const url = new URL(address).origin;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const ask = async (path) => (await fetch(`${url}${path}`)).json();
const settled = (page) => page.waitForFunction(() => !document.body.textContent.includes('sking the lab') && document.querySelector('.connection.live'));

/** A page of the lab at `hash`, which must not misbehave meanwhile. */
async function see(hash, body) {
  const { page, blameless } = await open(browser, url, `/${hash}`);
  await settled(page);
  await body(page);
  blameless();
  await page.context().close();
}

test('the lab serves the page under the policy that it was made for', async () => {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  // It may forbid more than that.
  const policy = (response.headers.get('content-security-policy') ?? '').split(/;\s*/);
  for (const directive of CSP.split('; ')) assert.ok(policy.includes(directive), `${directive} is missing in ${policy.join('; ')}`);
  for (const [path, type] of [['/assets/app.js', /^text\/javascript/], ['/assets/theme.css', /^text\/css/]]) {
    const asset = await fetch(url + path);
    assert.equal(asset.status, 200, path);
    assert.match(asset.headers.get('content-type'), type);
  }
  const unknown = await fetch(`${url}/api/requests/nobody-has-this-id`);
  assert.equal(unknown.status, 404);
  assert.equal(typeof (await unknown.json()).error, 'string');
});

test('every section opens without a fault', async () => {
  for (const section of ['overview', 'requests', 'errors', 'metrics', 'dashboards', 'alarms']) {
    await see(`#/${section}`, async (page) => {
      assert.equal(await page.locator('h1').count(), 1, section);
      assert.equal(await page.locator('.banner').count(), 0, section);
    });
  }
});

test('the strip shows the alarms that the lab has, each by its state', async () => {
  const { alarms } = await ask('/api/alarms');
  assert.ok(alarms.length > 0, 'the template has alarms');
  await see('#/overview', async (page) => {
    const show = page.getByRole('button', { name: 'show all' });
    if (await show.count()) await show.click();
    await page.waitForFunction((wanted) => document.querySelectorAll('#alarms .chip').length === wanted, alarms.length);
  });
  const [{ name }] = alarms;
  await see(`#/alarm/${encodeURIComponent(name)}`, async (page) => {
    await page.waitForFunction((wanted) => document.querySelector('dl.facts')?.textContent.includes(wanted), name);
  });
});

test('the newest request, and the newest faulty one, open as a waterfall with its lines', async () => {
  const newest = await ask('/api/requests?limit=1');
  assert.ok(newest.total > 0, 'No request has reached this lab. Book one first: cargo lab ride');
  const faulty = await ask('/api/requests?limit=1&faulty=1');
  for (const { id } of [...newest.requests, ...faulty.requests]) {
    const { request, spans, lines } = await ask(`/api/requests/${id}`);
    await see(`#/request/${id}`, async (page) => {
      await page.waitForFunction((wanted) => document.querySelectorAll('.span').length >= wanted, spans.length);
      assert.ok(await page.locator('.line').count() >= lines.length);
      assert.equal(await page.locator('.span.guilty').count(), spans.filter((span) => span.guilty).length);
      if (request.guilty) assert.ok((await page.locator('.verdict').innerText()).includes(request.guilty));
    });
  }
});

test('the service map has the nodes that the lab names', async () => {
  const { nodes } = await ask('/api/map?minutes=60');
  await see('#/overview?minutes=60', async (page) => {
    await page.waitForFunction((wanted) => document.querySelectorAll('.map .node').length >= wanted, nodes.length);
  });
});

test('every dashboard has as many widgets as the lab says, and no unknown ones', async () => {
  const { dashboards } = await ask('/api/dashboards');
  assert.ok(dashboards.length > 0, 'the template has dashboards');
  for (const { name } of dashboards) {
    const { widgets } = await ask(`/api/dashboards/${encodeURIComponent(name)}?minutes=60`);
    await see(`#/dashboards/${encodeURIComponent(name)}`, async (page) => {
      assert.equal(await page.locator('.widget').count(), widgets.length);
      assert.doesNotMatch(await page.locator('#main').innerText(), /draws no widgets of type/);
    });
  }
});

test('a metric that was emitted is drawn', async () => {
  const { metrics } = await ask('/api/metrics');
  const metric = metrics.find(({ namespace, name }) => namespace === 'WildRydes' && name === 'RequestLatency') ?? metrics[0];
  assert.ok(metric, 'No metric yet. Book a ride first: cargo lab ride');
  const dimensions = Object.entries(metric.dimensions).map((pair) => pair.join('=')).join(',');
  const query = new URLSearchParams({ namespace: metric.namespace, name: metric.name, dimensions, minutes: '1440' });
  await see(`#/metrics?${query}`, async (page) => {
    await page.waitForSelector('.chart .marker, .chart .stroke', { state: 'attached' });
    assert.equal(await page.locator('.metrics a[aria-current]').count(), 1);
  });
});
