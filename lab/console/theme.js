// Light, dark, or as the system says. The choice is kept where the browser allows it, else for this page only.

const KEY = 'wild-rydes-console-theme';
const ORDER = ['auto', 'light', 'dark'];
let chosen = stored();

function stored() {
  try {
    const kept = localStorage.getItem(KEY);
    return ORDER.includes(kept) ? kept : 'auto';
  } catch {
    return 'auto'; // storage is forbidden: a private window, a policy
  }
}

/** `auto`, `light` or `dark`. */
export function theme() {
  return chosen;
}

/** Puts the choice on the page. */
export function apply() {
  document.documentElement.dataset.theme = chosen;
}

/** The next choice in turn. */
export function turn() {
  chosen = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length];
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // It then lasts as long as the page.
  }
  apply();
}
