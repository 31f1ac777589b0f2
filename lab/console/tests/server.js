// A lab made of fixtures: serves the console's files as the lab does, with the lab's Content-Security-Policy, and fixed JSON.
import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { alarms } from './fixture_alarms.js';
import * as metrics from './fixture_metrics.js';
import * as requests from './fixture_requests.js';

export const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:";
export const CONSOLE = new URL('..', import.meta.url);
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };

/** The names of the console's own files. */
export async function files() {
  return (await readdir(CONSOLE, { withFileTypes: true })).filter((entry) => entry.isFile() && extname(entry.name) in TYPES).map((entry) => entry.name).sort();
}

/** A running server: `url`, `change({path: answer or function})` to answer otherwise, `asked` (all API paths), `stop()`. */
export async function serve({ quiet = false, port = 0 } = {}) {
  const names = await files();
  const asked = [];
  const changed = new Map();

  function answer(url, now) {
    const [, , room, ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const id = rest.join('/');
    const instead = changed.get(url.pathname);
    if (instead) return instead(url, now);
    if (room === 'state') return { stage: 'dev', region: 'eu-west-1', origin: 'http://127.0.0.1:3000', started_at_ms: now - 1900000, now_ms: now, compress: 1, functions: [{ name: 'wild-rydes-dev-request-ride', service: 'request-ride' }] };
    if (room === 'alarms') return quiet ? { now_ms: now, alarms: [], notices: [] } : alarms(now);
    if (room === 'requests' && id) return requests.detail(now, id);
    if (room === 'requests') return quiet ? { total: 0, requests: [] } : requests.list(now, url.searchParams);
    if (room === 'errors') return quiet ? { errors: [] } : metrics.errors(now);
    if (room === 'map') return quiet ? { minutes: 5, nodes: [], edges: [] } : metrics.map(5);
    if (room === 'metrics' && id === 'data') return metrics.data(now, url.searchParams);
    if (room === 'metrics') return quiet ? { metrics: [] } : metrics.catalogue();
    if (room === 'dashboards' && id) return metrics.dashboard(now, id);
    if (room === 'dashboards') return { dashboards: quiet ? [] : [{ name: 'wild-rydes-dev-service' }, { name: 'wild-rydes-dev-debug' }] };
    return null;
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const send = (status, type, body) => response.writeHead(status, { 'content-type': type, 'content-security-policy': CSP, 'cache-control': 'no-store' }).end(body);
    if (url.pathname.startsWith('/api/')) {
      asked.push(request.url);
      const found = answer(url, Date.now());
      return send(found ? 200 : 404, 'application/json', JSON.stringify(found ?? { error: `nothing is known of ${url.pathname}` }));
    }
    const name = url.pathname === '/' ? 'index.html' : url.pathname.replace(/^\/assets\//, '');
    if (!names.includes(name) || (name === 'index.html') !== (url.pathname === '/')) return send(404, 'text/plain', 'no such file');
    return send(200, TYPES[extname(name)], await readFile(new URL(name, CONSOLE)));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    asked,
    change: (answers) => Object.entries(answers).forEach(([path, how]) => changed.set(path, how)),
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
