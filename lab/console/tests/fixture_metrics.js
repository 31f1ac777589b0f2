// Map, metrics, dashboards and errors of the same stack.
import { CANARY, GUILTY, idOf } from './fixture_requests.js';

const figures = (requests, p50_ms, p99_ms, bad = {}) => ({ requests, rate_per_s: requests / 300, errors: 0, faults: 0, throttles: 0, p50_ms, p99_ms, ...bad });

/** The answer of /api/map. */
export function map(minutes) {
  const node = (id, name, kind, ...rest) => ({ id, name, kind, ...figures(...rest) });
  const edge = (from, to, ...rest) => ({ from, to, ...figures(...rest) });
  return {
    minutes,
    nodes: [
      node('client', 'client', 'client', 540, 17.2, 2264, { faults: 61, errors: 9 }),
      node('gateway', 'wild-rydes-dev', 'gateway', 540, 17.1, 2263, { faults: 61, errors: 9 }),
      node('request-ride', 'request-ride', 'function', 432, 16.8, 2261, { faults: 61, errors: 9 }),
      node('request-unicorn', 'request-unicorn', 'function', 531, 2.4, 9.6),
      node('put-ride-record', 'put-ride-record', 'function', 423, 5.1, 2240, { faults: 61 }),
      node('ssm', 'SSM', 'aws', 4, 3.2, 5.1),
      node('unicorns', 'DynamoDB unicorns', 'aws', 9, 2.1, 4.4),
      node('rides', 'DynamoDB rides', 'aws', 545, 2.7, 702, { faults: 61, throttles: 122 }),
    ],
    edges: [
      edge('client', 'gateway', 540, 17.2, 2264, { faults: 61, errors: 9 }),
      edge('gateway', 'request-ride', 432, 16.9, 2262, { faults: 61, errors: 9 }),
      edge('gateway', 'request-unicorn', 108, 2.9, 10.2),
      edge('request-ride', 'request-unicorn', 423, 3.9, 11.8),
      edge('request-ride', 'put-ride-record', 423, 6.2, 2250, { faults: 61 }),
      edge('request-ride', 'ssm', 4, 3.2, 5.1),
      edge('request-unicorn', 'unicorns', 9, 2.1, 4.4),
      edge('put-ride-record', 'rides', 545, 2.7, 702, { faults: 61, throttles: 122 }),
    ],
  };
}

/** A point a minute; `gap` minutes are missing in the middle. */
export function points(now, minutes, shape, gap = 0) {
  const first = Math.floor(now / 60000) * 60000 - minutes * 60000;
  return Array.from({ length: minutes }, (_, index) => [first + index * 60000, Number(shape(index).toFixed(3))])
    .filter((_, index) => index < minutes / 2 || index >= minutes / 2 + gap);
}

const wave = (base, swing, pace) => (index) => base + swing * Math.sin(index / pace) + ((index * 7919) % 13) / 13 * swing * 0.5;
const late = (quiet, loud) => (index) => (index > 52 ? loud + index % 3 : quiet);

/** The answer of /api/metrics. */
export function catalogue() {
  const ours = (name, unit, service, more = {}) => ({ namespace: 'WildRydes', name, dimensions: { service, stage: 'dev', ...more }, unit });
  return { metrics: [
    ...['request-ride', 'request-unicorn', 'put-ride-record'].flatMap((service) => [ours('RequestLatency', 'Milliseconds', service), ours('ColdStart', 'Count', service)]),
    ours('DependencyLatency', 'Milliseconds', 'put-ride-record', { dependency: 'dynamodb' }),
    ours('RidesAccepted', 'Count', 'request-ride'),
    { namespace: 'AWS/ApiGateway', name: '5XXError', dimensions: { ApiName: 'wild-rydes-dev', Stage: 'dev' }, unit: 'Count' },
    { namespace: 'AWS/DynamoDB', name: 'UserErrors', dimensions: {}, unit: 'Count' },
    { namespace: 'AWS/Lambda', name: 'Duration', dimensions: { FunctionName: 'wild-rydes-dev-request-ride' }, unit: 'Milliseconds' },
  ] };
}

/** The answer of /api/metrics/data. */
export function data(now, query) {
  const minutes = Number(query.get('minutes') ?? 60);
  return { label: `${query.get('name')} ${query.get('stat')}`, unit: query.get('name').match(/Latency|Duration/) ? 'Milliseconds' : 'Count', points: points(now, minutes, wave(40, 18, 6), 6) };
}

/** The answer of /api/dashboards/{name}, or null. */
export function dashboard(now, name) {
  const line = (label, shape, axis = 'left', color = null, gap = 0) => ({ label, color, axis, points: points(now, 60, shape, gap) });
  const widget = (type, x, y, width, height, title, more = {}) => ({
    type, x, y, width, height, title, view: 'timeSeries', stacked: false, left_label: null, right_label: null, series: [], annotations: [], markdown: null, alarms: [], query: null, ...more,
  });
  if (name === 'wild-rydes-dev-debug') {
    return { name, widgets: [
      widget('metric', 0, 0, 12, 6, 'Cold starts', { series: [line('request-ride', () => 0), line('put-ride-record', () => 0)] }),
      widget('metric', 12, 0, 12, 6, 'Nothing yet', { series: [{ label: 'FunctionTimeouts', color: null, axis: 'left', points: [] }] }),
      widget('log', 0, 6, 24, 5, 'Failed requests by cause', { view: 'table', query: 'SOURCE \'/aws/lambda/wild-rydes-dev-request-ride\'\n| filter level = "ERROR"\n| stats count(*) by message, error.0\n| sort by count desc' }),
    ] };
  }
  if (name !== 'wild-rydes-dev-service') return null;
  return { name, widgets: [
    widget('text', 0, 0, 8, 4, '', { markdown: `# Riders first\n**Requested** minus **recorded** is *lost*.\n\n- 5xx: \`api-5xx-rate\`, [runbook](runbooks/api-5xx-rate.md)\n- Canary: ${CANARY}` }),
    widget('alarm', 8, 0, 16, 4, 'Alarms', { view: null, alarms: ['api-5xx-rate', 'availability-fast-burn', 'warning-light', 'lost-rides', 'api-latency', 'heartbeat'].map((what) => `wild-rydes-dev-${what}`) }),
    widget('metric', 0, 4, 6, 3, 'Rides today', { view: 'singleValue', series: [line('requested', wave(90, 3, 9)), line('recorded', wave(78, 3, 9)), line('lost', () => 0)] }),
    widget('metric', 6, 4, 18, 6, 'POST /ride latency', { left_label: 'ms', series: [line('p50', wave(16, 2, 5)), line('p90', wave(24, 6, 6)), line('p99', late(60, 2250))], annotations: [{ label: 'budget 3000 ms', value: 3000, at_ms: null, color: null }, { label: 'deployed', value: null, at_ms: now - 2400000, color: null }] }),
    widget('metric', 0, 7, 6, 3, 'Last values', { view: 'table', series: [line('request-ride', wave(3, 1, 5)), line('probe', () => 1)] }),
    widget('metric', 0, 10, 12, 6, 'Requests and error rate', { left_label: 'requests', right_label: '%', series: [line('requests', wave(100, 20, 8), 'left', '#1f77b4', 5), line('5xx', late(0, 40), 'right', '#d62728')], annotations: [] }),
    widget('metric', 12, 10, 12, 6, 'Invocations', { stacked: true, series: ['request-ride', 'request-unicorn', 'put-ride-record'].map((service, index) => line(service, wave(80 + 10 * index, 10, 5 + index))) }),
  ] };
}

/** The answer of /api/errors. */
export function errors(now) {
  const error = (fingerprint, service, message, count, status, text, number) => ({
    fingerprint, service, message, count, first_ms: now - 260000, last_ms: now - 9542, status, example: { request_id: idOf(number), trace_id: null, text },
  });
  return { errors: [
    error('5f1d2ab03c77', 'put-ride-record', 'the ride was not stored', 61, 503, `ProvisionedThroughputExceededException ${CANARY}`, 2),
    error('aa01c3de9912', 'request-ride', 'the record service is unavailable', 61, 503, `${GUILTY}: 503 after 3 attempts`, 2),
    error('03bb5e44f0a1', 'request-ride', 'the body is not a ride', 9, 400, 'PickupLocation.Latitude: expected a number', 8),
  ] };
}
