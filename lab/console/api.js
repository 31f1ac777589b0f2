// Asks the lab. Every question is a GET of this page's own origin, has a time limit and can be given up.

/** Longest wait for an answer, in ms. The lab answers within a few ms; a longer silence means that it hangs. */
const PATIENCE_MS = 5000;

/** The lab did not answer: it is stopped, it hangs, or what answers is not the lab. */
export class Unreachable extends Error {}

/** The lab answered that it will not: `status` is the HTTP status, the message is the lab's own. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** A path of the API from its parts and its query; empty values are left out. */
export function path(parts, query = {}) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== '' && value !== null && value !== undefined && value !== false) params.set(name, value === true ? '1' : value);
  }
  const text = params.toString();
  return `/api/${parts.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/** The JSON at `path`. Throws `Unreachable`, `Refused`, or the signal's AbortError. */
export async function get(path, signal) {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(path, {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      cache: 'no-store',
      headers: { accept: 'application/json' },
    });
    const body = await response.json();
    if (!response.ok) throw new Refused(response.status, body?.error ?? `HTTP ${response.status}`);
    return body;
  } catch (error) {
    if (error instanceof Refused || signal?.aborted) throw error;
    throw new Unreachable(limit.aborted ? `no answer within ${PATIENCE_MS / 1000} s` : error.message, { cause: error });
  }
}
