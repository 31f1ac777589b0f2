// Contrast, as WCAG 2.2 defines it (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).

/** `#rrggbb` or `rgb(r, g, b)` as three numbers 0-255; null for anything else. */
function channels(text) {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text ?? '');
  if (hex) return hex.slice(1).map((pair) => parseInt(pair, 16));
  const rgb = /^rgba?\((\d+),? (\d+),? (\d+)/.exec(text ?? '');
  return rgb ? rgb.slice(1).map(Number) : null;
}

function luminance(text) {
  const [red, green, blue] = channels(text).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Whether a line of this colour can be seen on the page as it is now: 3:1, which WCAG asks of graphics. */
export function readable(colour) {
  if (!channels(colour)) return false;
  const paper = getComputedStyle(document.body).backgroundColor;
  return channels(paper) !== null && contrast(colour, paper) >= 3;
}
