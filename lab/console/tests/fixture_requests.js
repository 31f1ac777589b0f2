// Sixty requests, some of them bookings that failed because the rides table refused the put.

export const CANARY = '<img src=x onerror="document.title=\'injected\'">';
export const GUILTY = 'put-ride-record > DynamoDB PutItem';
const hex = (number, length) => (number * 2654435761 % 2 ** 32).toString(16).padStart(8, '0').repeat(4).slice(0, length);

/** The id of the n-th request, newest first. */
export const idOf = (number) => `${hex(number + 1, 8)}-0000-4000-8000-${hex(number + 7, 12)}`;

function one(now, number) {
  const faulty = number % 7 === 2;
  const probe = number % 11 === 5;
  const route = probe ? '/probe/ride' : number % 5 === 4 ? '/unicorn' : '/ride';
  const booking = route !== '/unicorn';
  const refused = !faulty && booking && number % 13 === 8;
  const cold = number >= 57;
  const fault = faulty && booking;
  return {
    id: idOf(number),
    trace_id: `1-6740aaaa-${hex(number + 3, 24)}`,
    at_ms: now - 900 - number * 4321,
    method: booking ? 'POST' : 'GET',
    route,
    status: fault ? 503 : refused ? 400 : booking ? 201 : 200,
    duration_ms: fault ? 2214.6 + number * 3.25 : refused ? 3.125 : cold ? 811.5 : 14.25 + (number * 37 % 60) / 4,
    faulty: fault,
    throttled: fault && number % 2 === 0,
    slow: fault,
    cold,
    sampled: number !== 6,
    services: refused ? ['request-ride'] : booking ? ['request-ride', 'request-unicorn', 'put-ride-record'] : ['request-unicorn'],
    error: fault ? 'the record service is unavailable' : refused ? `PickupLocation.Latitude: expected a number, ${CANARY}` : null,
    guilty: fault ? GUILTY : null,
  };
}

/** All requests, newest first. */
export function all(now) {
  return Array.from({ length: 60 }, (_, number) => one(now, number));
}

/** The answer of /api/requests for these query parameters. */
export function list(now, query) {
  const found = all(now).filter((request) => ['faulty', 'slow', 'cold'].every((flag) => query.get(flag) !== '1' || request[flag])
    && (!query.get('route') || `${request.method} ${request.route}` === query.get('route')));
  if (query.get('order') === 'slowest') found.sort((a, b) => b.duration_ms - a.duration_ms);
  return { total: found.length, requests: found.slice(0, Number(query.get('limit') ?? 100)) };
}

const span = (id, parent, depth, kind, service, name, offset_ms, duration_ms, more = {}) => ({
  id, parent, depth, name, kind, service, offset_ms, duration_ms,
  error: false, fault: false, throttle: false, in_progress: false, detail: null, cause: null, annotations: {}, guilty: false, ...more,
});

function spansOf(request) {
  const bad = request.faulty;
  const end = request.duration_ms;
  const notes = { request_id: request.id, stage: 'dev', cold_start: request.cold };
  const cause = 'ProvisionedThroughputExceededException: The level of configured provisioned throughput for the table was exceeded.';
  const attempt = (number, from) => span(`e${number}`, 'd5', 6, 'aws', 'put-ride-record', 'DynamoDB', from, bad ? 640.5 : 2.75, {
    detail: `PutItem wild-rydes-dev-rides, attempt ${number} of 3`,
    throttle: bad, fault: bad && number === 3, cause: bad ? cause : null, guilty: bad && number === 3, annotations: { operation: 'PutItem', table_name: 'wild-rydes-dev-rides' },
  });
  return [
    span('a1', null, 0, 'gateway', 'gateway', 'wild-rydes-dev/dev', 0, end, { fault: bad, detail: `${request.method} ${request.route}` }),
    span('b1', 'a1', 1, 'lambda', 'request-ride', 'wild-rydes-dev-request-ride', 1.5, end - 2, { fault: bad }),
    span('b2', 'b1', 2, 'function', 'request-ride', 'request-ride', 1.9, end - 2.7, { fault: bad, annotations: notes }),
    span('b3', 'b2', 3, 'step', 'request-ride', 'get_unicorn', 2.4, 4.1),
    span('b4', 'b3', 4, 'remote', 'request-ride', 'request-unicorn', 2.5, 3.9, { detail: 'GET http://127.0.0.1:3000/dev/unicorn: 200' }),
    span('c1', 'b4', 5, 'function', 'request-unicorn', 'request-unicorn', 3.1, 2.6, { annotations: notes }),
    span('b5', 'b2', 3, 'step', 'request-ride', 'post_ride_record', 6.6, end - 8, { fault: bad }),
    span('b6', 'b5', 4, 'remote', 'request-ride', 'put-ride-record', 6.7, end - 8.2, { fault: bad, detail: `POST http://127.0.0.1:3000/dev/record: ${bad ? 503 : 201}` }),
    span('d5', 'b6', 5, 'function', 'put-ride-record', 'put-ride-record', 7.2, end - 9, { fault: bad, annotations: notes }),
    attempt(1, 7.6),
    ...(bad ? [attempt(2, 741.25), attempt(3, 1520.75)] : []),
  ];
}

function linesOf(request) {
  let seq = 1000;
  const line = (offset_ms, service, kind, level, message, fields = {}) => {
    seq += 1;
    const written = { timestamp: new Date(request.at_ms + offset_ms).toISOString(), level, message, service, ...fields };
    return { seq, at_ms: request.at_ms + offset_ms, offset_ms, service, kind, level, message, request_id: request.id, text: kind === 'platform' ? `${message}` : JSON.stringify(written), fields };
  };
  const metric = (offset, service) => line(offset, service, 'metric', 'INFO', 'RequestLatency, ColdStart', { RequestLatency: 12.5, ColdStart: 0 });
  const end = request.duration_ms;
  return [
    line(1.6, 'request-ride', 'platform', 'INFO', 'START RequestId: 8d0c Version: $LATEST'),
    line(2.0, 'request-ride', 'function', 'DEBUG', 'a ride is requested', { rider: 'heartbeat-probe' }),
    line(3.2, 'request-unicorn', 'function', 'INFO', 'request completed', { route: 'GET /unicorn', status: 200, duration_ms: 2.4 }),
    metric(3.4, 'request-unicorn'),
    ...(request.faulty ? [
      line(650.1, 'put-ride-record', 'function', 'WARN', 'DynamoDB PutItem was throttled, attempt 1 of 3', { attempt: 1 }),
      line(1385.2, 'put-ride-record', 'function', 'WARN', 'DynamoDB PutItem was throttled, attempt 2 of 3', { attempt: 2 }),
      line(2162.4, 'put-ride-record', 'function', 'ERROR', `the ride was not stored ${CANARY}`, { status: 503, error: ['the rides table is throttling', 'ProvisionedThroughputExceededException'] }),
      metric(2162.9, 'put-ride-record'),
      line(end - 1.1, 'request-ride', 'function', 'ERROR', 'request failed', { route: 'POST /ride', status: 503, error: 'the record service is unavailable' }),
    ] : [line(end - 1.1, 'request-ride', 'function', 'INFO', 'request completed', { route: 'POST /ride', status: request.status })]),
    line(end - 0.4, 'request-ride', 'platform', 'INFO', `REPORT RequestId: 8d0c Duration: ${end.toFixed(2)} ms Billed Duration: ${Math.ceil(end)} ms Memory Size: 128 MB`),
    line(end, 'gateway', 'access', 'INFO', `POST /ride ${request.status}`, { ip: '127.0.0.1', status: request.status }),
  ];
}

/** The answer of /api/requests/{id}, or null. */
export function detail(now, id) {
  const request = all(now).find((candidate) => candidate.id === id || candidate.trace_id === id);
  if (!request) return null;
  const spans = request.sampled ? spansOf(request) : [];
  return { request, spans, lines: linesOf(request), missing: request.faulty ? ['segment of request-unicorn’s Lambda service: not sent yet'] : [] };
}
