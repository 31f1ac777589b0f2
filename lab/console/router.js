// Where one is: the hash of the address. `#/request/ID?span=S` is view `request`, id `ID`, query `{span: 'S'}`.

/** The address of a place. Empty query values are left out. */
export function href(view, id = '', query = {}) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) params.set(name, value === true ? '1' : value);
  const text = params.toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ''}${text ? `?${text}` : ''}`;
}

/** What an address names; an empty one names the overview. */
export function parse(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [view, ...rest] = path.split('/');
  return { view: view || 'overview', id: decode(rest.join('/')), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody typed a lone percent sign
  }
}

/** Goes to `address` and keeps the present one for the back button. */
export function go(address) {
  location.hash = address;
}

// In place of the present address: a filter or a selection is nothing that anybody wants to step back through.
function replace(address) {
  history.replaceState(history.state, '', address);
  dispatchEvent(new Event('hashchange'));
}

/** Changes some of the query of where one is now, which may be later than what a handler was drawn for. */
export function amend(values) {
  const { view, id, query } = parse(location.hash);
  replace(href(view, id, { ...query, ...values }));
}

let steps = 0;

/** How many places of the console lie behind this one: whether going back stays in it. */
export function depth() {
  return steps;
}

// Each entry of the browser's history carries its own depth; one without is new.
addEventListener('hashchange', () => {
  const known = history.state?.depth;
  steps = known ?? steps + 1;
  if (known === undefined) history.replaceState({ depth: steps }, '');
});
history.replaceState({ depth: history.state?.depth ?? 0 }, '');
steps = history.state.depth;
