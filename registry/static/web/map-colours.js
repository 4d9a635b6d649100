// The colours of maps: the tokens of site.css, as they are now. Maps are repainted when the reader turns to light or dark.

const SERIES = ["--series-1", "--series-2", "--series-3", "--series-4", "--series-5", "--series-6"];
const KINDS = { tower: "--tower", duct: "--duct", fiber: "--fiber", equipment_room: "--room" };
const SECTORS = ["telecom", "power", "transport", "municipal", "public_security", "other"];
const dark = window.matchMedia("(prefers-color-scheme: dark)");

export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Name of what is coloured → colour, for a way to colour: kind, sector or free (share of units that are free today).
export function scale(by) {
  if (by === "sector") return Object.fromEntries(SECTORS.map((name, index) => [name, token(SERIES[index])]));
  if (by === "free") return { none: token("--bad"), few: token("--wait"), many: token("--good") };
  return Object.fromEntries(Object.entries(KINDS).map(([kind, name]) => [kind, token(name)]));
}

// The colour of a shape by its role; every role that pages draw has one.
export function roles() {
  const owners = Object.fromEntries(SERIES.map((name, index) => [`owner-${index + 1}`, token(name)]));
  return {
    ...scale("kind"), ...owners, planned: token("--planned"), demand: token("--accent"), area: token("--accent"),
    gap: token("--bad"), chosen: token("--accent"), good: token("--good"), bad: token("--bad"), wait: token("--wait"),
  };
}

export function whenColoursChange(repaint) {
  dark.addEventListener("change", repaint);
}
