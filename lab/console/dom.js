// Draws a page from a description of it, and redraws by changing only what differs, so that a poll every two seconds
// loses no focus, selection, scroll position or opened detail.
// Text becomes text nodes and nothing else: there is no way from here to markup.

const SVG = 'http://www.w3.org/2000/svg';
const PROPERTIES = new Set(['value', 'checked', 'selected', 'disabled', 'tabIndex']);
const described = new WeakMap(); // node -> the description it was last drawn from

/** Describes an element. `key` names it among its siblings; `on...` are handlers; `style` is an object of CSS properties. */
export function h(tag, props, ...children) {
  return { tag, props: props ?? {}, children: flatten(children) };
}

/** Makes the children of `parent` what `children` describe. */
export function draw(parent, children) {
  const focused = document.activeElement;
  reconcile(parent, flatten([children]), parent.namespaceURI === SVG);
  // Moving a node in the document takes its focus away.
  if (focused && focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

function flatten(children, into = []) {
  for (const child of children) {
    if (Array.isArray(child)) flatten(child, into);
    else if (child === null || child === undefined || child === false || child === true || child === '') continue;
    else into.push(typeof child === 'object' ? child : String(child));
  }
  return into;
}

function kindOf(description) {
  return typeof description === 'string' ? '#text' : description.tag;
}

function reconcile(parent, children, inSvg) {
  const keyed = new Map();
  const loose = new Map(); // kind -> nodes without a key, in order
  for (const node of parent.childNodes) {
    const key = described.get(node)?.props?.key;
    if (key !== undefined) keyed.set(String(key), node);
    else {
      const kind = node.nodeType === Node.TEXT_NODE ? '#text' : node.localName;
      if (!loose.has(kind)) loose.set(kind, []);
      loose.get(kind).push(node);
    }
  }
  const nodes = children.map((child) => {
    const key = child.props?.key;
    const found = key === undefined ? loose.get(kindOf(child))?.shift() : keyed.get(String(key));
    if (key !== undefined) keyed.delete(String(key));
    const fits = found && (typeof child === 'string' || found.localName === child.tag);
    return update(fits ? found : create(child, inSvg), child);
  });
  // What is gone goes first: the rest then mostly stands where it belongs and need not be moved.
  const kept = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!kept.has(node)) node.remove();
  let place = parent.firstChild;
  for (const node of nodes) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
}

function create(description, inSvg) {
  if (typeof description === 'string') return document.createTextNode(description);
  return inSvg || description.tag === 'svg'
    ? document.createElementNS(SVG, description.tag)
    : document.createElement(description.tag);
}

function update(node, description) {
  if (typeof description === 'string') {
    if (node.data !== description) node.data = description;
    return node;
  }
  const before = described.get(node)?.props ?? {};
  reconcile(node, description.children, node.namespaceURI === SVG);
  for (const name of Object.keys(before)) if (!(name in description.props)) set(node, name, null, before[name]);
  // After the children, since a select takes a value only when it has the option.
  for (const [name, value] of Object.entries(description.props)) set(node, name, value, before[name]);
  described.set(node, description);
  return node;
}

function set(node, name, value, before) {
  if (name === 'key') return;
  if (name.startsWith('on')) node[name] = value ?? null;
  else if (name === 'style') style(node, value ?? {}, before ?? {});
  else if (PROPERTIES.has(name)) {
    if (node[name] !== value) node[name] = value ?? '';
  } else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else {
    const text = value === true ? '' : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

// Through the object model, property by property: a `style` attribute is what the page's Content-Security-Policy refuses.
function style(node, value, before) {
  for (const name of Object.keys(before)) if (!(name in value)) node.style.removeProperty(name);
  for (const [name, text] of Object.entries(value)) {
    if (node.style.getPropertyValue(name) !== String(text)) node.style.setProperty(name, String(text));
  }
}
