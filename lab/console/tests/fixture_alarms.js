// The alarms of a stack whose rides table refuses every write.

const PREFIX = 'wild-rydes-dev-';
const FUNCTIONS = ['request-ride', 'request-unicorn', 'put-ride-record', 'probe', 'seed-fleet'];
const TABLES = ['rides', 'unicorns', 'idempotency'];

const runbookOf = (what) => `runbooks/${what.replace(/^(request-ride|request-unicorn|put-ride-record|probe|seed-fleet)-(errors|duration|throttles)/, 'function-$2').replace(/^(rides|unicorns|idempotency)-/, 'table-')}.md`;

function alarm(now, what, more = {}) {
  return {
    name: PREFIX + what,
    kind: 'metric',
    urgency: 'page',
    state: 'OK',
    reason: 'Threshold Crossed: no datapoints were breaching.',
    since_ms: now - 1800000,
    description: `What ${what} means to riders.\nFirst query: requests --faulty.\nRunbook: ${runbookOf(what)}`,
    runbook: runbookOf(what),
    suppressed: false,
    watches: `AWS/Lambda ${what}`,
    threshold: '> 0',
    history: [{ at_ms: now - 1800000, from: 'INSUFFICIENT_DATA', to: 'OK', reason: 'Threshold Crossed: first datapoint.' }],
    ...more,
  };
}

/** The answer of /api/alarms. */
export function alarms(now) {
  const since = now - 184000;
  const raised = (reason, watches, threshold) => ({
    state: 'ALARM', since_ms: since, reason, watches, threshold,
    history: [
      { at_ms: now - 1800000, from: 'INSUFFICIENT_DATA', to: 'OK', reason: 'Threshold Crossed: no datapoints were breaching.' },
      { at_ms: since, from: 'OK', to: 'ALARM', reason },
    ],
  });
  const all = [
    alarm(now, 'availability-fast-burn', { kind: 'composite', ...raised('ALARM(availability-1h) AND ALARM(availability-5m) became true', `ALARM("${PREFIX}availability-1h") AND ALARM("${PREFIX}availability-5m")`, null) }),
    alarm(now, 'api-5xx-rate', raised('3 out of the last 5 datapoints [41.2, 38.9, 40.0] were greater than the threshold (5.0).', 'IF(n>0,100*e/n,0); n: AWS/ApiGateway Count Sum, e: 5XXError Sum, 60 s', '> 5, 3 of 5')),
    alarm(now, 'put-ride-record-errors', raised('2 out of the last 3 datapoints were greater than the threshold (1.0).', 'IF(i>0,100*e/i,0); AWS/Lambda Errors, Invocations FunctionName=wild-rydes-dev-put-ride-record', '> 1, 2 of 3')),
    alarm(now, 'warning-light', { kind: 'composite', suppressed: true, ...raised('3 children in ALARM', `ALARM("${PREFIX}api-5xx-rate") OR ALARM("${PREFIX}lost-rides")`, null) }),
    alarm(now, 'heartbeat', { state: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', history: [] }),
    alarm(now, 'lost-rides', { state: 'INSUFFICIENT_DATA', reason: 'Insufficient Data: 2 datapoints were unknown.' }),
    ...['availability-slow-burn', 'api-latency', 'deploying'].map((what) => alarm(now, what, what === 'deploying' ? { urgency: 'none' } : {})),
    ...['availability-leak', 'request-ride-concurrency', 'dynamodb-user-errors', 'telemetry'].map((what) => alarm(now, what, { urgency: 'ticket' })),
    ...['1h', '5m', '6h', '30m', '3d'].map((window) => alarm(now, `availability-${window}`, { urgency: 'none' })),
    ...FUNCTIONS.flatMap((name) => ['errors', 'duration', 'throttles'].map((what) => `${name}-${what}`))
      .filter((what) => what !== 'put-ride-record-errors').map((what) => alarm(now, what)),
    ...TABLES.flatMap((name) => [`${name}-read-throttles`, `${name}-write-throttles`]).map((what) => alarm(now, what)),
    ...TABLES.map((name) => alarm(now, `${name}-system-errors`, { urgency: 'ticket' })),
  ];
  const notices = [
    { at_ms: since, topic: 'wild-rydes-dev-page', alarm: `${PREFIX}api-5xx-rate`, state: 'ALARM', delivered: true, why: null },
    { at_ms: since + 60, topic: 'wild-rydes-dev-page', alarm: `${PREFIX}warning-light`, state: 'ALARM', delivered: false, why: 'suppressed by wild-rydes-dev-deploying' },
  ];
  return { now_ms: now, alarms: all, notices };
}
