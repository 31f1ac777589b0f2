// Chromium, and pages in it that may make no mistake: an error on the console, a broken policy or a stranger's address fails the test.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** A started browser. `CHROMIUM` names another program than Debian's. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
}

/**
 * A page at `url` + `hash`, and `blameless(allowed)`, which fails when the page has misbehaved since;
 * messages that `allowed` matches are none.
 */
export async function open(browser, url, hash = '', options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack}`));
  page.on('request', (request) => {
    const address = new URL(request.url());
    if (address.origin !== new URL(url).origin && address.protocol !== 'data:') faults.push(`stranger: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  });
  await page.goto(url + hash);
  await page.waitForSelector('#main h1');
  return {
    page,
    blameless(allowed = /^$/) {
      assert.deepEqual(faults.filter((fault) => !allowed.test(fault)), []);
    },
  };
}
