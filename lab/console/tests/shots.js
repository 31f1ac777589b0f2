// Pictures of every section in both themes, to be looked at: `node shots.js FOLDER`.
import { mkdir } from 'node:fs/promises';
import { launch, open } from './browser.js';
import { idOf } from './fixture_requests.js';
import { serve } from './server.js';

export const PLACES = {
  overview: '#/overview',
  requests: '#/requests',
  request: `#/request/${idOf(2)}`,
  errors: '#/errors',
  metrics: '#/metrics?namespace=WildRydes&name=RequestLatency&dimensions=service%3Drequest-ride%2Cstage%3Ddev',
  dashboard: '#/dashboards/wild-rydes-dev-service',
  debug: '#/dashboards/wild-rydes-dev-debug',
  alarms: '#/alarms',
  alarm: '#/alarm/wild-rydes-dev-api-5xx-rate',
};

/** Goes through all places in one page, `body(page, name)` in each once it is drawn. The page may not misbehave. */
export async function tour(browser, url, options, body, only = Object.keys(PLACES)) {
  const { page, blameless } = await open(browser, url, `/${PLACES[only[0]]}`, options);
  for (const name of only) {
    await page.goto(`${url}/${PLACES[name]}`);
    await page.waitForFunction((wanted) => {
      const { place } = document.body.dataset;
      return place.replace(/\/$/, '') === wanted && !document.querySelector('#main').textContent.includes('Asking the lab') && document.querySelector('#alarms .chip');
    }, PLACES[name].replace('#/', '').split('?')[0]);
    await body(page, name);
  }
  blameless();
  await page.context().close();
}

/** Takes them into `folder`; returns their paths. */
export async function shoot(browser, url, folder, only) {
  await mkdir(folder, { recursive: true });
  const paths = [];
  for (const colorScheme of ['light', 'dark']) {
    await tour(browser, url, { colorScheme }, async (page, name) => {
      const path = `${folder}/${name}-${colorScheme}.png`;
      await page.screenshot({ path, fullPage: true });
      paths.push(path);
    }, only);
  }
  return paths;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [folder, ...only] = process.argv.slice(2);
  if (!folder) throw new Error('usage: node shots.js FOLDER [SECTION...]');
  const [server, browser] = await Promise.all([serve(), launch()]);
  try {
    console.log((await shoot(browser, server.url, folder, only.length ? only : undefined)).join('\n'));
  } finally {
    await Promise.all([server.stop(), browser.close()]);
  }
}
