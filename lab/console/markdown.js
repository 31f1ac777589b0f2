// The part of markdown that dashboards use: headings, bold, emphasis, code, lists, paragraphs, and links as their text.
// It makes descriptions of elements, never markup, so nothing in a text can become anything else.
import { h } from './dom.js';

/** Elements for the text. Headings begin at level `top`, to fit under the page's own. */
export function markdown(text, top = 3) {
  const made = [];
  let list = null;
  let code = null;
  let words = [];
  const flush = () => {
    if (words.length) made.push(h('p', null, inline(words.join(' '))));
    if (list) made.push(h(list.tag, null, list.items.map((item) => h('li', null, inline(item)))));
    words = [];
    list = null;
  };
  for (const line of String(text ?? '').split(/\r?\n/)) {
    if (/^\s*```/.test(line)) {
      if (code) made.push(h('pre', null, code.join('\n')));
      else flush();
      code = code ? null : [];
    } else if (code) code.push(line);
    else {
      const heading = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
      const item = /^\s*(?:([-*+])|\d+[.)])\s+(.*)$/.exec(line);
      if (heading) {
        flush();
        made.push(h(`h${Math.min(6, heading[1].length + top - 1)}`, null, inline(heading[2])));
      } else if (item) {
        const tag = item[1] ? 'ul' : 'ol';
        if (list?.tag !== tag) flush();
        list ??= { tag, items: [] };
        list.items.push(item[2]);
      } else if (!line.trim()) flush();
      else if (list) list.items.push(`${list.items.pop()} ${line.trim()}`);
      else words.push(line.trim());
    }
  }
  if (code) made.push(h('pre', null, code.join('\n')));
  flush();
  return made;
}

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]*)\]\(([^)\s]*)\)|\*([^*\s][^*]*)\*/g;

function inline(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, label, address, stress] = match;
    parts.push(text.slice(from, match.index));
    if (code) parts.push(h('code', null, code));
    else if (bold) parts.push(h('strong', null, bold));
    else if (stress) parts.push(h('em', null, stress));
    // A link's address is said, not followed: it points into the repository or into AWS, and this page has neither.
    else parts.push(label === address ? null : `${label} `, h('code', null, address));
    from = match.index + whole.length;
  }
  parts.push(text.slice(from));
  return parts;
}
