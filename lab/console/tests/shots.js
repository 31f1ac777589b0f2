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

/** Takes them into `folder`; returns their paths. */
export async function shoot(folder, only = Object.keys(PLACES)) {
  await mkdir(folder, { recursive: true });
  const server = await serve();
  const browser = await launch();
  const paths = [];
  try {
    for (const colorScheme of ['light', 'dark']) {
      for (const name of only) {
        const { page, blameless } = await open(browser, server.url, `/${PLACES[name]}`, { colorScheme });
        await page.waitForFunction(() => !document.querySelector('#main').textContent.includes('Asking the lab'));
        const path = `${folder}/${name}-${colorScheme}.png`;
        await page.screenshot({ path, fullPage: true });
        paths.push(path);
        blameless();
        await page.context().close();
      }
    }
  } finally {
    await browser.close();
    await server.stop();
  }
  return paths;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [folder, ...only] = process.argv.slice(2);
  if (!folder) throw new Error('usage: node shots.js FOLDER [SECTION...]');
  console.log((await shoot(folder, only.length ? only : undefined)).join('\n'));
}
