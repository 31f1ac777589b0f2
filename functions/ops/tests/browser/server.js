// The operations page over HTTP, answered by the service itself: each request becomes an event for its example program, which has
// made-up payments. So what the browser gets, headers included, is what Lambda would send.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const PROGRAM = process.env.OPS_PAGE ?? fileURLToPath(new URL('../../../../target/debug/examples/page', import.meta.url));

function event(request, body) {
  const url = new URL(request.url, 'http://localhost');
  const path = url.pathname.replace(/^\/dev/, '');
  const resource = path.replace(/^\/ops\/assets\/.*/, '/ops/assets/{asset}').replace(/^\/payments\/[^/]+\/redrive$/, '/payments/{RideId}/redrive');
  const variables = resource.includes('{asset}') ? { asset: path.split('/')[3] } : resource.includes('{RideId}') ? { RideId: path.split('/')[2] } : null;
  const query = Object.fromEntries(url.searchParams);
  return {
    resource, path, httpMethod: request.method, headers: request.headers, body,
    multiValueHeaders: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: query,
    multiValueQueryStringParameters: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
    pathParameters: variables, stageVariables: null, isBase64Encoded: false,
    requestContext: {
      resourceId: 'x', resourcePath: resource, httpMethod: request.method, path: `/dev${path}`, accountId: '123456789012', stage: 'dev',
      protocol: 'HTTP/1.1', requestId: 'r', requestTimeEpoch: 1795209380123, apiId: 'a', identity: { sourceIp: '127.0.0.1' },
    },
  };
}

function answer(scene, asked) {
  return new Promise((resolve, reject) => {
    const program = spawn(PROGRAM, [scene], { stdio: ['pipe', 'pipe', 'inherit'] });
    let output = '';
    program.stdout.on('data', (chunk) => { output += chunk; });
    program.on('error', reject);
    program.on('close', (code) => (code === 0 ? resolve(JSON.parse(output)) : reject(new Error(`${PROGRAM} ended with ${code}`))));
    program.stdin.end(JSON.stringify(asked));
  });
}

/** A running server: `url` of the page, `scene(name)` changes what is there, `break(on)` refuses everything, `asked`, `stop()`. */
export async function serve(first = 'busy') {
  let scene = first;
  let broken = false;
  const asked = [];
  const server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (broken) return response.writeHead(503).end();
    let body = '';
    for await (const chunk of request) body += chunk;
    try {
      const { status, headers, body: text } = await answer(scene, event(request, body || null));
      return response.writeHead(status, headers).end(text);
    } catch (error) {
      return response.writeHead(500).end(String(error));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/dev/ops`,
    asked,
    scene: (name) => { scene = name; },
    break: (on) => { broken = on; },
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
