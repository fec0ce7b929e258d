// Icons as shapes: each state differs in form, not only in colour.
const shapes = {
  fresh: "M20 6 9 17l-5-5",
  stale: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  missing: "M12 8v5m0 3.5v.01M10.3 4 2.6 17.5A2 2 0 0 0 4.3 20.5h15.4a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0",
  unknown: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4m0 3.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  unsupported: "M5.6 5.6l12.8 12.8M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  unbound: "M8 12h8M12 3a9 9 0 0 0-6.4 2.6M3 12a9 9 0 0 0 2.6 6.4M12 21a9 9 0 0 0 6.4-2.6M21 12a9 9 0 0 0-2.6-6.4",
  attention: "M12 8v5m0 3.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  all: "M4 6h16M4 12h16M4 18h16",
  chevron: "m9 6 6 6-6 6",
  close: "M6 6l12 12M18 6 6 18",
  running: "M12 3a9 9 0 1 1-9 9",
  queued: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  done: "M20 6 9 17l-5-5",
  failed: "M6 6l12 12M18 6 6 18",
  undone: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  live: "M13 3 5 13.5h6L10 21l8-10.5h-6z",
  pending: "M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
};

/** @param {keyof shapes} name */
export function icon(name, className = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon ${className}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", shapes[name] ?? shapes.unknown);
  svg.append(path);
  return svg;
}
